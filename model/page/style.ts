import { darkColours, lightColours } from './colours.ts';

/** How all pages look: light or dark as the reader's system, type and colours, cards, tiles, facts. */
export const pageStyle = `
:root { color-scheme: light dark; ${lightColours} }
@media (prefers-color-scheme: dark) {
  :root { ${darkColours} }
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
.fault { border-left: 3px solid var(--bad); color: var(--bad); padding: 8px 14px; margin-top: 18px; background: var(--card); overflow-wrap: anywhere; }
.tiles { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(124px, 1fr)); margin-top: 24px; }
.tile, .card, details { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tile { padding: 12px 14px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { font-size: 21px; font-weight: 600; letter-spacing: -0.02em; line-height: 1.3; }
.tile small { display: block; color: var(--soft); font-size: 12px; font-weight: 400; letter-spacing: 0; min-height: 1.5em; }
.s0 { --colour: var(--s0); } .s1 { --colour: var(--s1); } .s2 { --colour: var(--s2); }
.s3 { --colour: var(--s3); } .s4 { --colour: var(--s4); } .s5 { --colour: var(--s5); }
.note { color: var(--soft); font-size: 12.5px; margin-top: 8px; }
details { padding: 12px 16px; margin-top: 12px; }
summary { cursor: pointer; font-weight: 600; }
pre { margin-top: 10px; font: 12.5px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-x: auto; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin-top: 10px; font-size: 14px; overflow-wrap: anywhere; }
.facts dt { color: var(--soft); }
@media print { body { background: #fff; padding: 0; } .tile, .card { break-inside: avoid; } }
`;
