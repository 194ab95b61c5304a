/** How the page of a benchmark looks beside what all pages have. */
export const style = `
.cases { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); }
.case { padding: 14px 16px; min-width: 0; }
.case h3 { display: flex; justify-content: space-between; gap: 12px; margin-bottom: 8px; }
.case h3 small { color: var(--soft); font-weight: 400; white-space: nowrap; }
.bars { display: grid; grid-template-columns: max-content minmax(60px, 1fr) max-content max-content; gap: 4px 10px; align-items: center; font-size: 13px; }
.bars .name { color: var(--soft); }
.bars .own { color: var(--ink); font-weight: 600; }
.bars .value, .bars .beside { text-align: right; }
.bars .beside { color: var(--soft); min-width: 4.5em; }
.bars .failed { grid-column: 2 / -1; color: var(--bad); font-size: 12px; overflow-wrap: anywhere; }
.bars .host { grid-column: 2 / -1; color: var(--soft); font-size: 12px; margin: -2px 0 6px; overflow-wrap: anywhere; }
.track { position: relative; height: 12px; }
.bar { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--colour); min-width: 1px; }
.whisker { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ink); opacity: 0.55; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; color: var(--soft); font-size: 13px; margin-bottom: 8px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 50%; background: var(--colour); margin-right: 6px; }
.s6 { --colour: var(--soft); } .s7 { --colour: color-mix(in srgb, var(--s0) 55%, var(--card)); } .s8 { --colour: color-mix(in srgb, var(--s0) 30%, var(--card)); } .s9 { --colour: color-mix(in srgb, var(--s3) 55%, var(--card)); }
.roofline { padding: 16px; overflow-x: auto; margin-bottom: 14px; }
.roofline h3 { margin-bottom: 8px; }
.roofline svg { display: block; width: 100%; min-width: 620px; height: auto; font-size: 12px; }
.roofline text { fill: var(--soft); }
.roofline .grid { stroke: var(--line); fill: none; }
.roofline .roof { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.roofline .own { fill: var(--colour); }
.roofline .other { fill: none; stroke: var(--colour); stroke-width: 1.6; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; width: 100%; min-width: 640px; }
th { text-align: left; color: var(--soft); font-weight: 500; }
th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.state { font-weight: 600; white-space: nowrap; }
.reached { color: var(--good); } .missed { color: var(--bad); } .unmeasured { color: var(--soft); font-weight: 400; }
.table { padding: 8px 16px; }
.shares { display: flex; height: 18px; border-radius: 5px; overflow: hidden; margin: 10px 0; gap: 1px; }
.shares span { background: var(--colour); min-width: 1px; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(158px, 1fr)); }
`;
