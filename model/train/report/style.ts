/** How the report looks beside what all pages have: one column on a phone. */
export const style = `
.state { display: flex; align-items: center; gap: 12px; margin-top: 18px; color: var(--soft); }
.state progress { appearance: none; flex: 1; height: 6px; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; }
.state progress::-webkit-progress-bar { background: var(--line); }
.state progress::-webkit-progress-value { background: var(--s0); border-radius: 3px; }
.state progress::-moz-progress-bar { background: var(--s0); border-radius: 3px; }
.charts, .examples { display: grid; gap: 14px; }
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
.examples { grid-template-columns: repeat(auto-fill, minmax(min(240px, 100%), 1fr)); }
.example { overflow: hidden; }
.example img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; background: var(--page); border-bottom: 1px solid var(--line); }
.example dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 10px; padding: 12px 14px; font-size: 13.5px; overflow-wrap: anywhere; }
.example dt { color: var(--soft); font-size: 12px; line-height: 20px; text-align: right; }
.example dd { color: var(--soft); }
.example .now { color: var(--ink); font-weight: 600; }
.example .truth { padding-bottom: 6px; margin-bottom: 2px; border-bottom: 1px solid var(--line); }
`;
