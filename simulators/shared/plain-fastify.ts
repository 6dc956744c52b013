import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { allowMangling } from './mangling.ts';

/** Bodies stay text, whatever their type: rules, signatures and ledgers are about the text. */
export function plainFastify(name: string, log = false, maxParamLength = 100): FastifyInstance {
  const app: FastifyInstance = fastify({
    logger: log && { name },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength },
  });
  allowMangling(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  return app;
}
