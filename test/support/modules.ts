/** What a process with `TELLING_MODULES` prints of each of OpenTelemetry's modules that it loads. */
export const LOADED = 'loaded a module of OpenTelemetry';

/** Has a process tell which it loads. The API alone does nothing: prom-client loads it, too. */
export const TELLING_MODULES = {
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) {
      if (url.includes('@opentelemetry/') && !url.includes('@opentelemetry/api/')) console.log('${LOADED}: ' + url);
      return next(url, context);
    } });
  `)}`,
};
