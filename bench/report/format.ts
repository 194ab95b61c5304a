/** Numbers of a benchmark as people read them. */

import type { CaseResult, ContenderResult } from '../result.ts';
import { median, type Summary, spread } from '../statistics.ts';

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 0.01234 → `12.3 µs`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1) return `${digits.format(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${digits.format(milliseconds)} ms`;
  return `${digits.format(milliseconds / 1000)} s`;
}

/** 1.234 → `1.23 ×`. */
export const formatRatio = (ratio: number): string => `${ratio < 10 ? ratio.toFixed(2) : digits.format(ratio)} ×`;

export const formatShare = (share: number): string => `${Math.round(share * 100)} %`;

/** Operations or bytes a second, in 10⁹: `73.2`. */
export const formatGiga = (rate: number): string => digits.format(rate / 1e9);

/** What lies between the quartiles, relative to the median: `± 3 %` for half of the range. */
export const formatSpread = (time: Summary): string => `± ${Math.round(50 * spread(time))} %`;

/** `12.3 images/s` */
export function formatRate({ per }: CaseResult, { kind, time }: ContenderResult): string {
  if (per === undefined || time === undefined || kind === 'machine') return '';
  return `${digits.format((per.count * 1000) / time.median)} ${per.unit}/s`;
}

/** `12.3 ms`, of one of several things that a run does. */
export function formatEach({ per }: CaseResult, { kind, time }: ContenderResult): string {
  if (per === undefined || per.count === 1 || time === undefined || kind === 'machine') return '';
  return formatMilliseconds(time.median / per.count);
}

/** `token`, of several things that a run does. */
export const unitOf = ({ per }: CaseResult): string => per?.unit.replace(/s$/, '') ?? '';

export function flopRate({ work, time }: ContenderResult): number | undefined {
  return work && time && work.flops > 0 ? (1000 * work.flops) / time.median : undefined;
}

export function byteRate({ work, time }: ContenderResult): number | undefined {
  return work && time && work.bytes > 0 ? (1000 * work.bytes) / time.median : undefined;
}

export const threadsText = (threads: number): string => (threads === 1 ? '1 thread' : `${threads} threads`);

/** The middle of several ratios. */
export const typical = (ratios: readonly number[]): number | undefined =>
  ratios.length > 0 ? median(ratios) : undefined;
