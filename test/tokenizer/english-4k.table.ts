/**
 * Texts and their ids under model/tokenizers/english-4k.json, as the Rust library `tokenizers` 0.23 gives them when the
 * special tokens are taken out of added_tokens.
 */
export const english4k: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ['', []],
  [' ', [338]],
  ['a', [339]],
  ['a photo of a cat', [339, 911, 368, 339, 579]],
  ['A man riding a wave on top of a surfboard.', [348, 392, 592, 339, 923, 361, 578, 368, 339, 951, 270]],
  ['two dogs, one frisbee & 3 people!', [550, 562, 268, 651, 1352, 338, 264, 2981, 460, 260]],
  ["don't stop", [3878, 265, 331, 993]],
  ['  two  leading', [338, 550, 338, 3430]],
  ['trailing  ', [501, 770, 338, 338]],
  ['tabs\tand\nnewlines\n\n', [341, 500, 330, 12, 395, 259, 823, 334, 323, 1943, 259, 259]],
  ['naïve café', [408, 312, 198, 178, 481, 863, 317, 198, 172]],
  ['고양이', [338, 237, 182, 163, 239, 153, 148, 239, 160, 183]],
  ['🐱 on a 🪑', [338, 243, 162, 147, 180, 361, 339, 338, 243, 162, 173, 148]],
  ['e\u0301 versus é', [472, 207, 132, 613, 419, 471, 338, 198, 172]],
  ['snake_case and a\u2581b', [485, 312, 520, 98, 1640, 372, 339, 345]],
  ['\ufeffmark', [338, 242, 190, 194, 324, 1002]],
  [
    '<s> </s> <unk> [EMB] [CAP] <0x41>',
    [
      338, 63, 330, 65, 338, 63, 271, 330, 65, 338, 63, 3882, 65, 338, 94, 289, 297, 286, 311, 338, 94, 287, 285, 300,
      311, 338, 63, 272, 335, 276, 273, 65,
    ],
  ],
];
