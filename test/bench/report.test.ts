import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { barPlot } from '../../bench/plot/bars.ts';
import { linePlot } from '../../bench/plot/lines.ts';
import { ticks } from '../../bench/plot/svg.ts';
import { forTerminal, withResults } from '../../bench/report.ts';
import { atLeast, below, type PartResult, type Results } from '../../bench/results.ts';
import { spreadOf } from '../../bench/statistics.ts';

const part: PartResult = {
  takenAt: '2026-11-21T12:00:00.000Z',
  seconds: 90,
  setting: 'so many sessions',
  tables: [
    {
      head: ['', 'per second'],
      rows: [
        ['ours', '91'],
        ['bare', '100'],
      ],
    },
  ],
  goals: [atLeast('of bare Temporal', 0.91, 0.9), below('CPU', 1.2, 1, 'ms')],
  plots: ['starts'],
  data: null,
};

function results(name: string): Results {
  return { machine: 'two cores', versions: 'Node 24', parts: { [name]: part } };
}

describe('the page', () => {
  const page = [
    'before',
    '<!-- bench: machine -->old<!-- bench end: machine -->',
    'between',
    '<!-- bench: starts -->old<!-- bench end: starts -->',
    'after',
  ].join('\n');

  test('gets what was measured, and keeps what people wrote', () => {
    const written = withResults(page, results('starts'));
    expect(written).not.toContain('old');
    for (const words of [
      'before',
      'two cores',
      'between',
      '| ours | 91 |',
      '![starts](images/starts.svg)',
      'after',
    ])
      expect(written).toContain(words);
    expect(written).toContain('| of bare Temporal | ≥ 0.9 | 0.91 | ✓ |');
    expect(written).toContain('| CPU | < 1 ms | 1.20 ms | **✗** |');
    expect(withResults(written, results('starts'))).toBe(written);
  });

  test('must have a place for it', () => {
    expect(() => withResults(page, results('reads'))).toThrow('bench: reads');
  });

  test('has one for every part', () => {
    const ours = readFileSync('docs/performance.md', 'utf8');
    for (const name of ['starts', 'changes', 'reads', 'spacing', 'scale', 'bulk'])
      expect(withResults(ours, results(name))).toContain('| ours | 91 |');
  });
});

test('the terminal shows columns that are aligned, and which goal is met', () => {
  const shown = forTerminal('starts', part).split('\n');
  expect(shown).toContain('        per second');
  expect(shown).toContain('  bare  100');
  expect(shown.filter((text) => /✓.*of bare|✗.*CPU/.test(text))).toHaveLength(2);
});

describe('a plot', () => {
  test('has marks at round numbers, up to all that it shows', () => {
    expect(ticks(93)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0.4)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(ticks(20_000)).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
  });

  test('of bars has one for each value, as high as it is', () => {
    const svg = barPlot({
      title: 'A < B & C',
      series: ['ours', 'bare'],
      groups: [{ name: 'starts', values: [spreadOf([50]), spreadOf([100])] }],
    });
    expect(svg).toContain('A &lt; B &amp; C');
    const heights = [
      ...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="[\d.]+" height="([\d.]+)" fill/g),
    ];
    const [ours, bare] = heights.map(([, height]) => Number(height));
    expect(Number(bare)).toBe(2 * Number(ours));
  });

  test('of lines goes through every point', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 5 },
    ];
    const svg = linePlot({ title: 't', xLabel: 'x', yLabel: 'y', series: [{ name: 's', points }] });
    expect(svg).toMatch(/<polyline points="70,300 740,50"/);
  });
});
