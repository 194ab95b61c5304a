/** The colours of all pages, as CSS custom properties: paper, ink, what is good and bad, six series. */

export const lightColours =
  '--page: #f6f6f4; --card: #fff; --ink: #1d2024; --soft: #686f78; --line: #e4e5e3; --bad: #c0362c; --good: #2f7d4f;\n' +
  '  --s0: #2f62d9; --s1: #c9741a; --s2: #12867c; --s3: #8a45c9; --s4: #c2356b; --s5: #66750f;';

export const darkColours =
  '--page: #121417; --card: #1b1e22; --ink: #e6e8ea; --soft: #969da6; --line: #2e3238; --bad: #ff8177; --good: #6ccb94;\n' +
  '  --s0: #83a8ff; --s1: #f0ad5c; --s2: #4fcdbf; --s3: #c596ff; --s4: #ff8fb5; --s5: #bfd05c;';
