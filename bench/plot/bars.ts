import type { Spread } from '../statistics.ts';
import {
  at,
  colour,
  drawing,
  FRAME,
  HEIGHT,
  legend,
  line,
  scale,
  text,
  ticks,
  verticalAxis,
  WIDTH,
} from './svg.ts';

export type Bars = {
  readonly title: string;
  /** Of each value of a group. */
  readonly series: readonly string[];
  readonly groups: readonly { readonly name: string; readonly values: readonly Spread[] }[];
};

/** The part of a group's width that is left free. */
const GAP = 0.4;

/** Bars side by side, each as high as the median, with a mark from the least to the most. */
export function barPlot({ title, series, groups }: Bars): string {
  const marks = ticks(Math.max(...groups.flatMap(({ values }) => values.map(({ most }) => most))));
  const y = scale(marks.at(-1) ?? 1, HEIGHT - FRAME.bottom, FRAME.top);
  const groupWidth = (WIDTH - FRAME.left - FRAME.right) / groups.length;
  const width = (groupWidth * (1 - GAP)) / series.length;
  const bars = groups.flatMap(({ name, values }, group) => {
    const left = FRAME.left + group * groupWidth + (groupWidth * GAP) / 2;
    return [
      ...values.flatMap(({ median, least, most }, index) => {
        const x = left + index * width;
        const middle = x + width / 2;
        return [
          `<rect x="${at(x)}" y="${at(y(median))}" width="${at(width - 4)}" height="${at(y(0) - y(median))}" fill="${colour(index)}"/>`,
          line([middle, y(least)], [middle, y(most)], '#222222'),
        ];
      }),
      text(name, { x: left + (width * values.length) / 2, y: y(0) + 18, anchor: 'middle' }),
    ];
  });
  return drawing(title, [...verticalAxis(marks, ''), ...bars, ...legend(series)]);
}
