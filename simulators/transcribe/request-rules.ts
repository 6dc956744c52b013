import { z } from 'zod';
import { ServiceError } from './errors.ts';

/** The constraints of the service's model, each worded as the service words it. */
const NAME = String.raw`^[0-9a-zA-Z._-]+`;

export function text(min: number, max: number, pattern?: string) {
  const bounded = z
    .string()
    .min(min, `Member must have length greater than or equal to ${min}`)
    .max(max, `Member must have length less than or equal to ${max}`);
  // The service matches whole values, whether or not its pattern says so.
  return pattern === undefined
    ? bounded
    : bounded.regex(
        new RegExp(`^(?:${pattern})$`, 's'),
        `Member must satisfy regular expression pattern: ${pattern}`,
      );
}

export function name(max = 200) {
  return text(1, max, NAME);
}

export function whole(min: number, max: number) {
  return z
    .int()
    .min(min, `Member must have value greater than or equal to ${min}`)
    .max(max, `Member must have value less than or equal to ${max}`);
}

export function member<const T extends string>(values: readonly T[]) {
  return z.enum(values, {
    error: ({ input }) =>
      typeof input === 'string'
        ? `Member must satisfy enum value set: [${values.join(', ')}]`
        : undefined,
  });
}

export function list<T extends z.ZodType>(item: T, min: number, max: number) {
  return z
    .array(item)
    .min(min, `Member must have length greater than or equal to ${min}`)
    .max(max, `Member must have length less than or equal to ${max}`);
}

/** Parses a body, or refuses with every fault of it, in the service's words. */
export function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const value = withoutNulls(body);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const wrongType = issues.find((issue) => !isMissing(issue, value) && WRONG_TYPES.has(issue.code));
  if (wrongType) {
    const detail = `${wrongType.path.join('.') || 'body'}: ${wrongType.message}`;
    throw new ServiceError('SerializationException', detail, 'body');
  }
  const [rules, constraints] = [
    issues.filter(({ code }) => code === 'custom'),
    issues.filter(({ code }) => code !== 'custom'),
  ];
  const details = constraints.map((issue) => constraintText(issue, value));
  const many = details.length === 1 ? 'error' : 'errors';
  const counted =
    details.length === 0
      ? []
      : [`${details.length} validation ${many} detected: ${details.join('; ')}`];
  const broken = [...counted, ...rules.map(({ message }) => message)].join('; ');
  throw new ServiceError('BadRequestException', broken, 'body');
}

/** Unknown members are refused so, though the service itself overlooks them: they are mistakes. */
const WRONG_TYPES: ReadonlySet<string> = new Set([
  'invalid_type',
  'unrecognized_keys',
  'invalid_key',
]);

function isMissing({ code, path }: z.core.$ZodIssue, body: unknown): boolean {
  return code === 'invalid_type' && path.length > 0 && valueAt(body, path) === undefined;
}

function constraintText(issue: z.core.$ZodIssue, body: unknown): string {
  const value = valueAt(body, issue.path);
  const where = issue.path.map((step) => uncapitalized(String(step))).join('.');
  if (value === undefined) {
    return `Value null at '${where}' failed to satisfy constraint: Member must not be null`;
  }
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return `Value '${shown}' at '${where}' failed to satisfy constraint: ${issue.message}`;
}

function uncapitalized(step: string): string {
  return step.charAt(0).toLowerCase() + step.slice(1);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined,
    value,
  );
}

/** In AWS JSON a null member is one that is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
