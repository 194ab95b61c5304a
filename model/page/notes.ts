/** What is to be said of models wherever they are shown. */

/** What is to be said where images of the user's are shown to the model that comes with the package. */
export function ownImagesNote(name: string): string {
  return (
    `${name} was trained on drawn scenes alone: one to three coloured shapes on a plain ground. Whatever your images show, ` +
    'it speaks of such shapes; of photographs that means nothing. Its model card, model/nano/README.md, says more.'
  );
}
