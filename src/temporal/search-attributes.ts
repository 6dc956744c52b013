import { isGrpcServiceError, type Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** How the server's API and the CLI name the types. */
const TYPES = {
  KEYWORD: { code: 2, cli: 'Keyword' },
  DATETIME: { code: 6, cli: 'Datetime' },
  KEYWORD_LIST: { code: 7, cli: 'KeywordList' },
} as const;

/** gRPC's PERMISSION_DENIED and UNIMPLEMENTED: Temporal Cloud manages attributes by other means. */
const DENIED_CODES = new Set<number>([7, 12]);
/** gRPC's INVALID_ARGUMENT: a filter by an attribute that nobody has registered. */
const UNKNOWN_CODES = new Set<number>([3]);

type Services = Pick<Connection | NativeConnection, 'operatorService' | 'workflowService'>;

/**
 * Makes sure that the namespace has our search attributes, registering what is missing where we may: a workflow
 * that upserts an unknown one is stuck for good. Throws with the command to run where we may not.
 */
export async function ensureSearchAttributes(
  connection: NativeConnection,
  namespace: string,
): Promise<void> {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return;
  try {
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(
        missing.map(({ name, type }) => [name, TYPES[type].code]),
      ),
    });
  } catch (cause) {
    // Another worker may have been faster.
    if ((await missingAttributes(connection, namespace)).length === 0) return;
    const command = registration(namespace, missing);
    const message = `The namespace lacks search attributes, and this worker may not add them. Run: ${command}`;
    throw new Error(message, { cause });
  }
}

type Attribute = (typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES];

/** Temporal can't change the type of an attribute. */
function ofWrongType(
  wrong: readonly Attribute[],
  actual: { readonly [name: string]: unknown },
): Error {
  const each = wrong.map(({ name, type }) => {
    const is = Object.values(TYPES).find(({ code }) => code === actual[name])?.cli;
    return `${name} is ${is ?? 'something else'}, not ${TYPES[type].cli}`;
  });
  const todo = 'remove them (temporal operator search-attribute remove), or use another namespace';
  return new Error(
    `Search attributes of the namespace have the wrong type: ${each.join('; ')}: ${todo}`,
  );
}

/** The command that registers what is missing. */
export function registration(namespace: string, missing: readonly Attribute[]): string {
  const flags = missing.map(({ name, type }) => `--name ${name} --type ${TYPES[type].cli}`);
  return `temporal operator search-attribute create --namespace ${namespace} ${flags.join(' ')}`;
}

/** Those of our search attributes that the namespace lacks. */
export async function missingAttributes(
  connection: Services,
  namespace: string,
): Promise<Attribute[]> {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    const wrong = wanted.filter(({ name, type }) => {
      return name in customAttributes && customAttributes[name] !== TYPES[type].code;
    });
    if (wrong.length > 0) throw ofWrongType(wrong, customAttributes);
    return wanted.filter(({ name }) => !(name in customAttributes));
  } catch (error) {
    if (!isGrpcServiceError(error) || !DENIED_CODES.has(error.code)) throw error;
    const are = await Promise.all(wanted.map(({ name }) => isKnown(connection, namespace, name)));
    return wanted.filter((_, index) => are[index] === false);
  }
}

/** Whether sessions can be looked for by the attribute, for whoever may not see the list of them. */
async function isKnown(connection: Services, namespace: string, name: string): Promise<boolean> {
  try {
    const query = `${name} IS NULL`;
    await connection.workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && UNKNOWN_CODES.has(error.code)) return false;
    throw error;
  }
}
