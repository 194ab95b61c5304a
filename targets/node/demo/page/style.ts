/** How the page of a demonstration looks beside what all pages have. */
export const style = `
.mark { font-weight: 700; margin-right: 0.4em; }
.mark.right { color: var(--good); }
.mark.wrong { color: var(--bad); }
.tiles { grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: clamp(8px, 1.5vw, 14px); }
.intro { color: var(--soft); margin: -4px 0 14px; max-width: 90ch; }
.tile dd { white-space: nowrap; }
.tile small { white-space: normal; }
.notice { background: var(--card); border-left: 3px solid var(--s1); padding: 10px 14px; margin-bottom: 14px; max-width: 70ch; }
.pictures, .rankings, .heats { display: grid; gap: 14px; }
.pictures { grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
.rankings { grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr)); }
.heats { grid-template-columns: repeat(auto-fill, minmax(min(160px, 46%), 1fr)); }
.pictures + .heats { grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); margin-top: 14px; }
.picture, .heat { overflow: hidden; }
.frame { position: relative; }
.frame img { display: block; width: 100%; height: auto; }
.b0 { --box: #2f62d9; } .b1 { --box: #b45f0d; } .b2 { --box: #0d776e; } .b3 { --box: #8a45c9; }
.box { position: absolute; border: 2px solid var(--box); border-radius: 4px; box-shadow: 0 0 0 1px rgb(255 255 255 / 0.75), inset 0 0 0 1px rgb(255 255 255 / 0.75); }
.box b, .said li > b { background: var(--box); color: #fff; font-size: 11.5px; line-height: 17px; min-width: 17px; text-align: center; font-weight: 600; }
.box b { position: absolute; left: -2px; top: -2px; padding: 0 4px; border-radius: 4px 0 4px 0; }
.said { padding: 14px 16px 16px; }
.said h3 { line-height: 1.4; }
.said small { display: block; color: var(--soft); font-size: 12.5px; font-weight: 400; line-height: 1.4; }
.said .wrong-claims { color: var(--bad); }
.said ol { list-style: none; margin-top: 10px; display: grid; gap: 6px; font-size: 14px; line-height: 1.4; }
.said li { display: flex; gap: 9px; }
.said li > b { flex: none; align-self: start; margin-top: 1.5px; border-radius: 4px; }
.name { color: var(--soft); font-size: 12.5px; overflow-wrap: anywhere; }
.ranking { padding: 14px 16px 16px; }
.ranking h3 { line-height: 1.4; }
.ranking .note { margin: 2px 0 12px; }
.ranking ol { list-style: none; display: grid; grid-template-columns: repeat(6, 1fr); gap: 8px; }
.ranking li span { display: block; font-size: 12.5px; color: var(--soft); text-align: center; margin-top: 4px; white-space: nowrap; }
.ranking li .mark { margin: 0 0 0 0.25em; display: inline; }
.thumbnail { aspect-ratio: 1; border-radius: 8px; background-size: cover; background-position: center; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.true .thumbnail { outline: 2px solid var(--good); outline-offset: 1px; }
.heat figcaption { display: block; padding: 8px 12px 10px; font-size: 13px; line-height: 1.35; margin: 0; }
.about { position: absolute; border: 1.5px dashed #fff; border-radius: 4px; }
.hottest { position: absolute; width: 14px; height: 14px; margin: -7px; border: 2.5px solid #fff; border-radius: 50%; box-shadow: 0 0 0 1px rgb(0 0 0 / 0.55), inset 0 0 0 1px rgb(0 0 0 / 0.55); }
`;

/** Each thumbnail stands in the page once, and is shown wherever its class is. @param urls of thumbnails */
export function thumbnailStyle(urls: readonly string[]): string {
  return urls.map((url, i) => `.p${i} { background-image: url(${url}); }\n`).join('');
}
