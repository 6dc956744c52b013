import {
  at,
  colour,
  drawing,
  FRAME,
  HEIGHT,
  legend,
  scale,
  text,
  ticks,
  verticalAxis,
  WIDTH,
} from './svg.ts';

export type Lines = {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
};

/** Points joined by lines, both axes from 0 on. */
export function linePlot({ title, xLabel, yLabel, series }: Lines): string {
  const points = series.flatMap((one) => one.points);
  const xMarks = ticks(Math.max(...points.map((point) => point.x)));
  const yMarks = ticks(Math.max(...points.map((point) => point.y)));
  const x = scale(xMarks.at(-1) ?? 1, FRAME.left, WIDTH - FRAME.right);
  const y = scale(yMarks.at(-1) ?? 1, HEIGHT - FRAME.bottom, FRAME.top);
  const bottom = HEIGHT - FRAME.bottom + 16;
  return drawing(title, [
    ...verticalAxis(yMarks, yLabel),
    ...xMarks.map((mark) =>
      text(mark.toLocaleString('en'), { x: x(mark), y: bottom, anchor: 'middle' }),
    ),
    text(xLabel, { x: WIDTH - FRAME.right, y: bottom + 16, anchor: 'end' }),
    ...series.map((one, index) => {
      const path = one.points.map((point) => `${at(x(point.x))},${at(y(point.y))}`).join(' ');
      return `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`;
    }),
    ...legend(series.map(({ name }) => name)),
  ]);
}
