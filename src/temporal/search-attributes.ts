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
  await refuseOtherTypes(connection, namespace);
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

/** A workflow that upserts an attribute of another type is stuck, too, and Temporal can't change the type. */
async function refuseOtherTypes(connection: Services, namespace: string): Promise<void> {
  const registered = (await registeredTypes(connection, namespace)) ?? {};
  const wrong = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => {
    const { code: wanted, cli } = TYPES[type];
    if (!(name in registered) || registered[name] === wanted) return [];
    const is = Object.values(TYPES).find(({ code }) => code === registered[name])?.cli;
    return [`${name} is ${is ?? 'of another type'}, not ${cli}`];
  });
  if (wrong.length === 0) return;
  const todo = 'Remove them (temporal operator search-attribute remove), or use another namespace.';
  throw new Error(
    `Search attributes of the namespace have wrong types: ${wrong.join(', ')}. ${todo}`,
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
  const registered = await registeredTypes(connection, namespace);
  if (registered) return wanted.filter(({ name }) => !(name in registered));
  const are = await Promise.all(wanted.map(({ name }) => isKnown(connection, namespace, name)));
  return wanted.filter((_, index) => are[index] === false);
}

/** The codes of the types of what the namespace has, by name; null where we may not see them. */
async function registeredTypes(
  connection: Services,
  namespace: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const answer = await connection.operatorService.listSearchAttributes({ namespace });
    return answer.customAttributes;
  } catch (error) {
    if (!isGrpcServiceError(error) || !DENIED_CODES.has(error.code)) throw error;
    return null;
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
