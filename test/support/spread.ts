import { quantile } from './server-process.ts';

/** How values lie, to a tenth. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The middle, the slow end and the slowest of `values`; NaN without any. */
export function spread(values: readonly number[]): Spread {
  return {
    p50: share(values, 0.5),
    p95: share(values, 0.95),
    max: share(values, 1),
  };
}

/** The value below which `part` (0 to 1) of `values` lie, to a tenth. */
export function share(values: readonly number[], part: number): number {
  return rounded(quantile(values, part));
}

/** A figure to a tenth: finer ones differ from run to run. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
