import type { FastifyInstance } from 'fastify';

/** What `app` serves, from now on: the methods of each path that it was told of. */
export class ServedRoutes {
  readonly #methods = new Map<string, Set<string>>();

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const known = this.#methods.get(url) ?? new Set<string>();
      for (const each of [method].flat()) known.add(each);
      this.#methods.set(url, known);
    });
  }

  /** The methods that the path of `url` is served by; none where nothing is served there. */
  methodsOf(url: string): string[] {
    const [path = ''] = url.split('?');
    const methods = [...this.#methods].flatMap(([pattern, known]) =>
      isOf(path, pattern) ? [...known] : [],
    );
    return [...new Set(methods)].toSorted();
  }
}

function isOf(path: string, pattern: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return (
    parts.length === wanted.length &&
    wanted.every((part, index) =>
      part.startsWith(':') ? parts[index] !== '' : part === parts[index],
    )
  );
}
