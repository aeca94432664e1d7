/** The page's style. Colours follow the reader's system; nothing is loaded. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --card: #f6f7f9; --line: #dfe3e8; --ink: #1b2027; --soft: #5a6472; --accent: #2f6fb7;
  --success: #3a8f5c; --index: #8c96a3; --address: #a66fb5; --connect: #c9575c; --http: #d9822b; --transfer: #b59a1e;
  --rights: #2a9d9d; --image: #8d6e58;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1d2127; --line: #333a44; --ink: #e6e9ee; --soft: #a0aab8; --accent: #6ea8ea;
    --success: #5cb883; --index: #8c96a3; --address: #c492d1; --connect: #e5787c; --http: #eda35a; --transfer: #d6bd4c;
    --rights: #53c2c2; --image: #b8977f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; }
.soft, figcaption, caption, footer { color: var(--soft); }
small, .small { font-size: .85rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 1rem 0 0; padding: 0; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .875em; overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto; }
bdi { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
.tiles div { background: var(--card); border-radius: .5rem; padding: .75rem 1rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.note { border-left: 4px solid var(--accent); background: var(--card); padding: .5rem 1rem; margin: 1rem 0; border-radius: 0 .5rem .5rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
.wide { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); gap: 0 2rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .95rem; color: var(--ink); font-weight: 600; margin-bottom: .25rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.axis { stroke: var(--line); } .mark { stroke: var(--soft); stroke-dasharray: 3 3; }
.bar, .area { fill: var(--accent); } .bar:hover { opacity: .75; }
.success { fill: var(--success); } .index { fill: var(--index); } .address { fill: var(--address); }
.connect { fill: var(--connect); } .http { fill: var(--http); } .transfer { fill: var(--transfer); }
.rights { fill: var(--rights); } .image { fill: var(--image); }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .4em; vertical-align: -.05em; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; font-size: .85rem; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } thead th { color: var(--soft); font-size: .85rem; }
tbody th { font-weight: 400; min-width: 7.5rem; }
tbody th[scope=rowgroup] { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
tr:has(> [scope=rowgroup]) > * { padding-top: 1rem; }
.share { width: 30%; } .share svg { height: 1.2em; }
.shares svg { height: 2.5rem; border-radius: .35rem; margin-bottom: 1rem; }
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 1rem; list-style: none; padding: 0; margin: 1rem 0; }
.sheet figure { display: flex; flex-direction: column; gap: .35rem; }
.sheet img, .sheet .none { width: 100%; height: 8.5rem; object-fit: contain; background: var(--card); border-radius: .35rem; }
.sheet .none { display: grid; place-items: center; color: var(--soft); font-size: .85rem; }
.sheet figcaption { font-size: .8rem; line-height: 1.35; font-weight: 400; margin: 0; }
.sheet .caption { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 3rem; border-top: 1px solid var(--line); font-size: .85rem; }
@media (max-width: 40rem) { .share { display: none; } h2 { margin-top: 2rem; } }
@media print { nav { display: none; } body { font-size: 12px; } figure, tr { break-inside: avoid; } }
`;
