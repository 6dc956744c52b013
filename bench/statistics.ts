/** The middle of several measurements, and between which they were. */
export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** The value below which the part `fraction` of `values` is; NaN of none. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * fraction;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Of measurements that were repeated. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), least: Math.min(...values), most: Math.max(...values) };
}

/** `values` as points of a distribution: so many of them, in order, each with the part that is not above it. */
export function distribution(
  values: readonly number[],
  points: number,
): { readonly x: number; readonly y: number }[] {
  return Array.from({ length: points + 1 }, (_, index) => {
    const fraction = index / points;
    return { x: quantile(values, fraction), y: fraction };
  });
}
