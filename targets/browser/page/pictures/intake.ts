/** Images that the user drops, pastes or chooses. */
import { byId } from '../dom.ts';

/** @param onFiles told of what may be images; whether they are is found out by decoding them */
export function bindIntake(onFiles: (files: readonly File[]) => void): void {
  const input = byId('file-input', HTMLInputElement);
  byId('add-images', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    onFiles([...(input.files ?? [])]);
    input.value = ''; // so that the same file can be chosen again
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
  bindDrop(onFiles);
}

function bindDrop(onFiles: (files: readonly File[]) => void): void {
  const cover = byId('drop', HTMLDivElement);
  // Every element that is entered is left again.
  let depth = 0;
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth++;
    cover.hidden = false;
  });
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  document.addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) cover.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    cover.hidden = true;
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}
