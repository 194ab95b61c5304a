/** How the report looks: light or dark as the reader's system, one column on a phone. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #fff; --ink: #1d2024; --soft: #686f78; --line: #e4e5e3; --bad: #c0362c; --good: #2f7d4f;
  --s0: #2f62d9; --s1: #c9741a; --s2: #12867c; --s3: #8a45c9; --s4: #c2356b; --s5: #66750f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121417; --card: #1b1e22; --ink: #e6e8ea; --soft: #969da6; --line: #2e3238; --bad: #ff8177; --good: #6ccb94;
    --s0: #83a8ff; --s1: #f0ad5c; --s2: #4fcdbf; --s3: #c596ff; --s4: #ff8fb5; --s5: #bfd05c;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
body {
  background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  font-variant-numeric: tabular-nums; padding: clamp(16px, 4vw, 48px); -webkit-text-size-adjust: 100%;
}
main { max-width: 1120px; margin: 0 auto; }
h1 { font-size: clamp(22px, 4vw, 30px); font-weight: 650; letter-spacing: -0.02em; line-height: 1.2; }
h2 { font-size: 13px; font-weight: 600; text-transform: uppercase; letter-spacing: 0.08em; color: var(--soft); margin: 40px 0 12px; }
h3 { font-size: 15px; font-weight: 600; }
.lead { color: var(--soft); margin-top: 6px; }
.state { display: flex; align-items: center; gap: 12px; margin-top: 18px; color: var(--soft); }
.state progress { appearance: none; flex: 1; height: 6px; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; }
.state progress::-webkit-progress-bar { background: var(--line); }
.state progress::-webkit-progress-value { background: var(--s0); border-radius: 3px; }
.state progress::-moz-progress-bar { background: var(--s0); border-radius: 3px; }
.fault { border-left: 3px solid var(--bad); color: var(--bad); padding: 8px 14px; margin-top: 18px; background: var(--card); overflow-wrap: anywhere; }
.tiles, .charts, .examples { display: grid; gap: 14px; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(124px, 1fr)); margin-top: 24px; }
.tile, .chart, .example, details { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tile { padding: 12px 14px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { font-size: 21px; font-weight: 600; letter-spacing: -0.02em; line-height: 1.3; }
.tile small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; letter-spacing: 0; min-height: 1.5em; }
.charts { grid-template-columns: repeat(auto-fill, minmax(min(250px, 100%), 1fr)); }
.chart { padding: 16px; min-width: 0; }
.chart.wide { grid-column: 1 / -1; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; margin-bottom: 10px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; list-style: none; color: var(--soft); font-size: 13px; }
.legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; background: var(--colour); margin-right: 6px; vertical-align: 3px; }
.legend b { color: var(--ink); font-weight: 600; }
.plot { position: relative; height: 170px; padding: 6px 6px 22px 48px; }
.wide .plot { height: clamp(220px, 34vw, 340px); }
.area { position: relative; height: 100%; touch-action: pan-y; cursor: crosshair; }
.area svg { display: block; width: 100%; height: 100%; overflow: hidden; }
.area path { fill: none; vector-effect: non-scaling-stroke; stroke: var(--colour); stroke-linejoin: round; stroke-linecap: round; }
.area .grid { stroke: var(--line); stroke-width: 1; }
.area .raw { stroke-width: 1; opacity: 0.25; }
.area .line { stroke-width: 2; }
.area .marks { stroke-width: 6; }
.x, .y { position: absolute; color: var(--soft); font-size: 11.5px; line-height: 1; }
.x { left: 48px; right: 6px; bottom: 0; height: 14px; }
.y { left: 0; width: 40px; top: 6px; bottom: 22px; }
.x span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.y span { position: absolute; right: 0; transform: translateY(50%); white-space: nowrap; }
.rule, .readout { position: absolute; pointer-events: none; visibility: hidden; }
.read .rule, .read .readout { visibility: visible; }
.rule { top: 0; bottom: 0; border-left: 1px solid var(--soft); }
.readout {
  top: 4px; margin-left: 10px; padding: 6px 10px; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  font-size: 12.5px; line-height: 1.45; white-space: nowrap; box-shadow: 0 4px 14px rgb(0 0 0 / 0.12); z-index: 1;
}
.readout.left { transform: translateX(calc(-100% - 20px)); }
.readout div { color: var(--colour, var(--soft)); }
.readout b { color: var(--ink); }
.s0 { --colour: var(--s0); } .s1 { --colour: var(--s1); } .s2 { --colour: var(--s2); }
.s3 { --colour: var(--s3); } .s4 { --colour: var(--s4); } .s5 { --colour: var(--s5); }
.note { color: var(--soft); font-size: 12.5px; margin-top: 8px; }
.examples { grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr)); }
.example { overflow: hidden; }
.example img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: var(--page); border-bottom: 1px solid var(--line); }
.example dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 10px; padding: 12px 14px; font-size: 13.5px; overflow-wrap: anywhere; }
.example dt { color: var(--soft); font-size: 12px; line-height: 20px; text-align: right; }
.example dd { color: var(--soft); }
.example .now { color: var(--ink); font-weight: 600; }
.example .truth { padding-bottom: 6px; margin-bottom: 2px; border-bottom: 1px solid var(--line); }
details { padding: 12px 16px; margin-top: 12px; }
summary { cursor: pointer; font-weight: 600; }
pre { margin-top: 10px; font: 12.5px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-x: auto; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin-top: 10px; font-size: 14px; overflow-wrap: anywhere; }
.facts dt { color: var(--soft); }
@media print { body { background: #fff; padding: 0; } .chart, .example, .tile { break-inside: avoid; } }
`;
