import type { SwaggerTransform } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { isGuarded } from '../access.ts';
import { problemAnswers, type ProblemKind } from '../problem.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** The kinds of problem that the route answers with, besides those that come with its form. */
    problems?: readonly ProblemKind[];
    /** The headers of its answers, by status. */
    answerHeaders?: { readonly [status: number]: { readonly [name: string]: Header } };
    /** Whether it reads a body of whatever type. */
    takesAnyType?: boolean;
    /** A body that the route reads by itself, as one whose signature is over its bytes; null = it wants none. */
    bodyRead?: z.ZodType | null;
    /** Headers and parameters of the query that the route reads by itself. */
    headersRead?: z.ZodType;
    queryRead?: z.ZodType;
  }
}

type Header = { readonly type: string; readonly format?: string; readonly description: string };

const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** A JSON answer, in words. */
export function answer<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** An answer without a body, in words. */
export function emptyAnswer(description: string) {
  return z.undefined().meta({ description });
}

/** An answer that says no more than that all is well. */
export const NOTHING_ELSE = z.object({}).meta({ examples: [{}] });

/** What any request may be answered that needs a key, where there are any. */
const KEY_PROBLEMS = [
  'no-key',
  'unknown-key',
  'forbidden',
  'not-local',
  'too-many-requests',
] as const;

/** Makes operations of the OpenAPI document of routes' schemas. */
export function operationOf(hasKeys: boolean): SwaggerTransform {
  return (route) => describe(route, hasKeys);
}

function describe(
  { schema, url, route, ...document }: Parameters<SwaggerTransform>[0],
  hasKeys: boolean,
): ReturnType<SwaggerTransform> {
  const { problems, answerHeaders = {}, takesAnyType, ...form } = schema ?? {};
  const transformed = jsonSchemaTransform({ ...document, route, url, schema: asRead(form) });
  const { body, response, ...rest } = transformed.schema;
  if (rest.hide === true) return transformed;
  const kinds = new Set<ProblemKind>([
    ...inputProblems(url, rest),
    ...([route.method].flat().some((method) => BODY_METHODS.has(method))
      ? bodyProblems(takesAnyType === true)
      : []),
    ...(isGuarded(url) ? KEY_PROBLEMS : []),
    ...(problems ?? []),
    'internal',
  ]);
  const answers = Object.entries(recordOf(response)).map(([status, each]) => {
    const headers = answerHeaders[Number(status)];
    return [status, headers ? { ...recordOf(each), headers } : each];
  });
  return {
    // A route's prefix alone is its path, and so is the prefix with a slash.
    url: url.replace(/(?<=.)\/$/, ''),
    schema: {
      ...rest,
      ...(hasKeys && isGuarded(url) ? { security: [{ bearer: [] }] } : {}),
      ...(body === undefined ? {} : { body: withNamedExamples(recordOf(body)) }),
      response: { ...Object.fromEntries(answers), ...problemAnswers([...kinds]) },
    },
  };
}

/** What the route reads by itself, in the place of what is validated for it. */
function asRead({ body, bodyRead, ...form }: FastifySchema): FastifySchema {
  const { headersRead, queryRead, ...validated } = form;
  const bodyShown = bodyRead === undefined ? body : bodyRead;
  return {
    ...validated,
    ...(bodyShown ? { body: bodyShown } : {}),
    ...(headersRead ? { headers: headersRead } : {}),
    ...(queryRead ? { querystring: queryRead } : {}),
  };
}

/** What any request may be answered that names something in its path, query or headers. */
function inputProblems(url: string, form: FastifySchema): readonly ProblemKind[] {
  const hasInput = /[:*]/.test(url) || 'querystring' in form || 'headers' in form;
  return hasInput ? ['invalid-request'] : [];
}

/** What any request with a body may be answered. */
function bodyProblems(takesAnyType: boolean): readonly ProblemKind[] {
  return takesAnyType
    ? ['invalid-request', 'too-large']
    : ['invalid-request', 'too-large', 'unsupported-media-type'];
}

/**
 * A body's examples by the titles of the forms that they are of: `x-examples` is what @fastify/swagger takes them from.
 * Zod drops `examples` of what it transforms, as they might be of what comes out.
 */
function withNamedExamples(body: Record<string, unknown>): Record<string, unknown> {
  const members = Array.isArray(body['oneOf']) ? body['oneOf'].map(recordOf) : [];
  // An object may have a `oneOf` too, of what it requires.
  const isUnion = members.length > 0 && !('properties' in body);
  const forms = isUnion ? members : [body];
  const named = forms.flatMap(({ title, bodyExamples }, form) =>
    (Array.isArray(bodyExamples) ? bodyExamples : []).map((value: unknown, index) => {
      const name = typeof title === 'string' ? title : `example ${form + 1}`;
      return [index === 0 ? name : `${name} (${index + 1})`, { summary: name, value }];
    }),
  );
  const { bodyExamples: _, ...schema } = isUnion ? { ...body, oneOf: forms.map(plain) } : body;
  return named.length === 0 ? schema : { ...schema, 'x-examples': Object.fromEntries(named) };
}

function plain(form: Record<string, unknown>) {
  const { bodyExamples: _, ...schema } = form;
  return schema;
}

function recordOf(value: unknown): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).catch({}).parse(value);
}
