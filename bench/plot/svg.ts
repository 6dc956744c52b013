/** A drawing of a size that a page of documentation shows whole. */
export const WIDTH = 760;
export const HEIGHT = 360;
/** Where the axes are. */
export const FRAME = { left: 70, right: 20, top: 50, bottom: 60 } as const;
/** Told apart by whoever sees few colours (Okabe and Ito), and in print. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00'] as const;

/** Of the series so numbered. */
export function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000000';
}

/** The whole drawing: on white, so that it can be read on a dark page, too. */
export function drawing(title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(title, { x: FRAME.left, y: 20, weight: 'bold' }),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** Where on the drawing values of `[0, most]` are, from one coordinate to the other. */
export function scale(most: number, from: number, to: number): (value: number) => number {
  return (value) => from + (Math.min(Math.max(value, 0), most) / most) * (to - from);
}

/** Round numbers from 0 to at least `most`: at which an axis is marked. */
export function ticks(most: number): number[] {
  const rough = Math.max(most, Number.EPSILON) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The vertical axis with its marks, over the whole width. */
export function verticalAxis(marks: readonly number[], label: string): string[] {
  const y = scale(marks.at(-1) ?? 1, HEIGHT - FRAME.bottom, FRAME.top);
  return [
    ...marks.flatMap((mark) => [
      line([FRAME.left, y(mark)], [WIDTH - FRAME.right, y(mark)], '#dddddd'),
      text(mark.toLocaleString('en'), { x: FRAME.left - 8, y: y(mark) + 4, anchor: 'end' }),
    ]),
    text(label, { x: FRAME.left, y: FRAME.top - 10 }),
  ];
}

/** What the colours mean, in a row at the bottom. */
export function legend(names: readonly string[]): string[] {
  const width = (WIDTH - FRAME.left - FRAME.right) / names.length;
  return names.flatMap((name, index) => {
    const x = FRAME.left + index * width;
    return [
      `<rect x="${x}" y="${HEIGHT - 20}" width="12" height="12" fill="${colour(index)}"/>`,
      text(name, { x: x + 18, y: HEIGHT - 10 }),
    ];
  });
}

type Point = readonly [x: number, y: number];

export function line([x1, y1]: Point, [x2, y2]: Point, stroke: string): string {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}"/>`;
}

export function text(
  words: string,
  how: { x: number; y: number; anchor?: 'middle' | 'end'; weight?: 'bold' },
): string {
  const anchor = how.anchor === undefined ? '' : ` text-anchor="${how.anchor}"`;
  const weight = how.weight === undefined ? '' : ` font-weight="${how.weight}"`;
  return `<text x="${at(how.x)}" y="${at(how.y)}"${anchor}${weight} fill="#222222">${escaped(words)}</text>`;
}

/** A coordinate, short. */
export function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
