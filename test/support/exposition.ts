/** A number of a process, as Prometheus reads it. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

/** What `GET /metrics` of one process has told. */
export class Exposition {
  readonly text: string;
  readonly samples: readonly Sample[];
  /** The type of each metric, by its name: `counter`, `gauge` or `histogram`. */
  readonly types: ReadonlyMap<string, string>;

  constructor(text: string) {
    this.text = text;
    const lines = text.split('\n');
    this.samples = lines.flatMap(sampleIn);
    this.types = new Map(
      lines.flatMap((line) => {
        const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
        return name === '' ? [] : [[name, type]];
      }),
    );
  }

  /** The sum of all numbers of `name` with these labels; undefined where there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** The names of the labels of a metric, but for a histogram's own. */
  labelsOf(metric: string): string[] {
    const parts = new Set([metric, `${metric}_bucket`]);
    const of = this.samples.filter(({ name }) => parts.has(name));
    const names = new Set(of.flatMap(({ labels }) => Object.keys(labels)));
    names.delete('le');
    return [...names].toSorted();
  }
}

/** Scrapes `http://address/metrics`. */
export async function scrape(url: string): Promise<Exposition> {
  const answer = await fetch(`${url}/metrics`);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return new Exposition(await answer.text());
}

function sampleIn(line: string): Sample[] {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) return [];
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', text = '']) => [label, text],
  );
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}
