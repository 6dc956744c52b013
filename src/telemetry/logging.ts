import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';
import { withoutCredentials } from '../providers/http.ts';
import { withoutSecretsOf } from '../settings/secrets.ts';

/** What a line has besides what is logged: the session and the trace that it is about. */
type LineFields = () => Readonly<Record<string, unknown>>;

const lineFields: LineFields[] = [];

/** Has every line that is written from now on tell what `fields` returns at that moment. */
export function tellOnEveryLine(fields: LineFields): void {
  lineFields.push(fields);
}

/** What nobody should log, and somebody may. */
const NEVER_LOGGED = ['authorization', 'cookie', 'set-cookie', 'builderToken', 'body', 'headers'];

/**
 * The log of a process: one line of JSON an event, or in colour where somebody sits at a terminal. No line has a secret of
 * `environment`, a token, or the query of a URL, whoever wrote it there.
 */
export async function createLogger(
  name: string,
  environment: NodeJS.ProcessEnv,
  destination?: DestinationStream,
): Promise<Logger> {
  const withoutSecrets = withoutSecretsOf(environment);
  const options = {
    name,
    serializers: { err: serializedError, error: serializedError },
    redact: { paths: NEVER_LOGGED.flatMap((field) => pathsOf(field)), censor: '[redacted]' },
    mixin: () => Object.assign({}, ...lineFields.map((fields) => fields())),
    hooks: {
      streamWrite: (line: string) => withoutSecrets(withoutCredentials(withoutQueries(line))),
    },
  };
  return pino(options, destination ?? (await terminal()) ?? pino.destination({ sync: true }));
}

/** For eyes, where there are any and the development dependency is there. */
async function terminal(): Promise<DestinationStream | null> {
  if (!process.stdout.isTTY) return null;
  try {
    const { PinoPretty } = await import('pino-pretty');
    return PinoPretty({ ignore: 'pid,hostname,name', singleLine: true });
  } catch {
    return null;
  }
}

function pathsOf(field: string): string[] {
  const key = `["${field}"]`;
  return [key, `*${key}`, `*.*${key}`];
}

/** A query may hold a token or a phone number, and tells little. */
const QUERY = /(\bhttps?:\/\/[^\s"'?\\]+)\?[^\s"'\\)]*/g;

function withoutQueries(line: string): string {
  return line.replaceAll(QUERY, '$1?[query]');
}

/** An error's name, words and code; its stack only where it is a fault of ours: nobody can mend another one's. */
function serializedError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name: type, message, cause } = error;
  const code: unknown = Reflect.get(error, 'code');
  return {
    type,
    message,
    ...(code === undefined ? {} : { code }),
    ...(isOurs(error) ? { stack: stdSerializers.err(error).stack } : {}),
    ...(cause === undefined ? {} : { cause: serializedError(cause) }),
  };
}

/** Those that others make: Temporal's, the vendors', the system's and the AWS SDK's. */
const OF_OTHERS =
  /Failure$|Failed|^(?:ProviderError|Problem|ServiceError|AbortError|TimeoutError)$/;

function isOurs(error: Error): boolean {
  const code: unknown = Reflect.get(error, 'code');
  const isOfSystem =
    typeof code === 'number' || (typeof code === 'string' && !code.startsWith('ERR_'));
  return !isOfSystem && !('$metadata' in error) && !OF_OTHERS.test(error.name);
}
