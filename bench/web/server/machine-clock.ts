/** Milliseconds of a clock that all processes of the machine share and that nobody can set. */
export const machineNow = (): number => Number(process.hrtime.bigint()) / 1e6;
