// Numbers and times as people read them.

const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** 3.14159 → `3.142`, 0.0000512 → `5.12e-5`. */
export function formatNumber(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1e-3;
  return small ? String(Number(value.toPrecision(3)).toExponential()) : plain.format(value);
}

/** 2000 → `2,000`, 81920 → `81.9K`. */
export function formatCount(value: number): string {
  return value < 10_000 ? plain.format(value) : compact.format(value);
}

/** 2000 → `2K`. */
export function formatCompact(value: number): string {
  return compact.format(value);
}

/** Two units at most: `45s`, `12m 5s`, `3h 20m`, `2d 4h`. */
export function formatTime(seconds: number): string {
  const whole = Math.round(seconds);
  const units: readonly [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0s';
  const [[name, size], next] = [units[first]!, units[first + 1]];
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[1]);
  return `${Math.floor(whole / size)}${name}${rest === 0 ? '' : ` ${rest}${next![0]}`}`;
}
