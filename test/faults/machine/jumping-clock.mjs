// Loaded before the program: its wall clock jumps by hours, back and forth, twice a second.
const now = Date.now;
const HOUR_MS = 3_600_000;
Date.now = () => now() + (Math.floor(performance.now() / 250) % 2 === 0 ? -7 : 5) * HOUR_MS;
