/** The heat map over the picture, its legend, and the switch that hides both. */
import { hottest } from '../../../../model/heat-map.ts';
import { byId, setText } from '../dom.ts';
import { formatCosine } from '../gallery/gallery.ts';
import { currentHeat, selectedPicture, soughtText } from '../state/select.ts';
import type { PageState } from '../state/state.ts';
import type { Store } from '../state/store.ts';
import { showHeat } from '../state/transitions.ts';
import { heatPixels, legendPixels, rangeOf } from './heat-pixels.ts';

/** Pixels of the layer's longer side; the browser smooths what lies between. */
const layerSide = 192;

export function bindHeat(store: Store<PageState>): void {
  const layer = byId('heat', HTMLCanvasElement);
  const frame = byId('frame', HTMLDivElement);
  const legend = byId('legend', HTMLElement);
  const [least, largest] = [byId('legend-least', HTMLSpanElement), byId('legend-largest', HTMLSpanElement)];
  drawLegend(byId('legend-colours', HTMLCanvasElement));

  store.watch(currentHeat, (map, state) => {
    layer.hidden = map === undefined;
    legend.hidden = map === undefined;
    frame.classList.toggle('heated', map !== undefined);
    const picture = selectedPicture(state);
    if (map === undefined || picture === undefined) return;
    const scale = layerSide / Math.max(picture.width, picture.height);
    layer.width = Math.max(1, Math.round(picture.width * scale));
    layer.height = Math.max(1, Math.round(picture.height * scale));
    const pixels = new ImageData(heatPixels(map, layer.width, layer.height), layer.width, layer.height);
    layer.getContext('2d')!.putImageData(pixels, 0, 0);
    const range = rangeOf(map);
    setText(least, formatCosine(range.least));
    setText(largest, formatCosine(range.largest));
    const { x, y } = hottest(map);
    const place = `hottest ${Math.round(100 * x)} % across, ${Math.round(100 * y)} % down`;
    layer.setAttribute('aria-label', `Heat map of “${soughtText(state)}”: ${place}`);
  });
  bindSwitch(store);
}

function bindSwitch(store: Store<PageState>): void {
  const row = byId('heat-row', HTMLDivElement);
  const box = byId('show-heat', HTMLInputElement);
  box.addEventListener('change', () => store.update(showHeat(box.checked)));
  store.watch(
    ({ showsHeat }) => showsHeat,
    (shown) => {
      box.checked = shown;
    },
  );
  store.watch(soughtText, (text) => {
    row.hidden = text === '';
  });
}

function drawLegend(canvas: HTMLCanvasElement): void {
  canvas.getContext('2d')!.putImageData(new ImageData(legendPixels(canvas.width), canvas.width, 1), 0, 0);
}
