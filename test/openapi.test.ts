import { Ajv2020 } from 'ajv/dist/2020.js';
import { validate } from '@scalar/openapi-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { prepareStack, type Stack } from './support/stack.ts';

const Media = z.object({
  schema: z.record(z.string(), z.unknown()),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const Content = z.record(z.string(), Media);
const Operation = z.object({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        description: z.string().optional(),
        schema: z.record(z.string(), z.unknown()),
        example: z.unknown(),
      }),
    )
    .default([]),
  requestBody: z.object({ content: Content }).optional(),
  responses: z.record(
    z.string(),
    z.object({ description: z.string(), content: Content.optional() }),
  ),
});
const Document = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  tags: z.array(z.object({ name: z.string() })),
  components: z.object({
    schemas: z.record(z.string(), z.object({ examples: z.array(z.unknown()).default([]) })),
  }),
});
type Named = z.infer<typeof Operation> & { readonly name: string; readonly method: string };

let stack: Stack;
let json: Record<string, unknown>;
let document: z.infer<typeof Document>;
let operations: readonly Named[];
const ajv = new Ajv2020({ strict: false, validateFormats: false });
beforeAll(async () => {
  // With everything on that has routes.
  stack = await prepareStack({
    environment: { AGORA_NOTIFICATION_SECRET: 'secret-of-the-tests', AGORA_LEGACY: 'true' },
  });
  await stack.startApi();
  json = (await stack.api('GET', '/openapi.json')).body;
  document = Document.parse(json);
  ajv.addSchema({ $id: 'document', ...json });
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      name: `${method.toUpperCase()} ${path}`,
    })),
  );
});
afterAll(() => stack.stop());

/** The operations that are not as they should be, by name. */
function failing(isFine: (operation: Named) => boolean): string[] {
  return operations.filter((operation) => !isFine(operation)).map(({ name }) => name);
}

/** An answer's examples may be with its schema. */
function examplesOf({ schema, examples }: z.infer<typeof Media>): unknown[] {
  if (examples) return Object.values(examples).map(({ value }) => value);
  const name = z.string().catch('').parse(schema['$ref']).replace('#/components/schemas/', '');
  const own = z.array(z.unknown()).catch([]).parse(schema['examples']);
  return document.components.schemas[name]?.examples ?? own;
}

/** What is wrong with a value of the document; null = nothing. */
function faultsOf(schema: Record<string, unknown>, value: unknown): unknown {
  const text = JSON.stringify(schema).replaceAll('"#/', '"document#/');
  const isValid = ajv.compile(JSON.parse(text));
  isValid(value);
  return isValid.errors ?? null;
}

describe('the OpenAPI document', () => {
  test('is one, of 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(validate(json, { checkPathParameters: true })).toMatchObject({ valid: true });
  });

  test('says of every route what it does', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(failing(({ summary }) => Boolean(summary))).toEqual([]);
    expect(failing(({ tags }) => tags?.length === 1)).toEqual([]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(operations.length);
    expect(ids).not.toContain(undefined);
  });

  test('has each tag once, and no other', () => {
    const used = operations.flatMap(({ tags = [] }) => tags);
    const declared = document.tags.map(({ name }) => name);
    expect(declared.toSorted()).toEqual([...new Set(used)].toSorted());
  });

  test('describes every parameter', () => {
    const undescribed = operations.flatMap(({ name, parameters }) =>
      parameters.filter(({ description }) => !description).map((each) => `${name}: ${each.name}`),
    );
    expect(undescribed).toEqual([]);
  });

  test('has an example of every body and answer, which is valid', () => {
    for (const { name, requestBody, responses } of operations) {
      const contents = { body: requestBody, ...responses };
      for (const [what, carrier] of Object.entries(contents)) {
        for (const [type, media] of Object.entries(carrier?.content ?? {})) {
          const examples = examplesOf(media);
          expect([name, what, type, examples.length > 0]).toEqual([name, what, type, true]);
          for (const value of examples) {
            expect([name, what, type, faultsOf(media.schema, value)]).toEqual([
              name,
              what,
              type,
              null,
            ]);
          }
        }
      }
    }
  });

  test('has an example of every parameter, which is valid', () => {
    const named = operations.flatMap(({ name, parameters }) =>
      parameters.map(({ name: parameter, schema, example }) => {
        const [value = example] = z.array(z.unknown()).catch([]).parse(schema['examples']);
        return [name, parameter, value, value !== undefined && faultsOf(schema, value)];
      }),
    );
    expect(named.filter(([, , , faults]) => faults !== null)).toEqual([]);
  });

  test('has every error of every route, as a problem', () => {
    const problems = operations.map(({ name, method, requestBody, parameters, responses }) => {
      const expected = ['500'];
      if (method !== 'GET') expected.push('400', '413');
      const isBySession = /\{id\}/.test(name);
      const inQueryOrHeader = parameters.some((each) => each.in !== 'path');
      if (requestBody || inQueryOrHeader) expected.push('400');
      if (name.includes(' /v1/')) expected.push('401', '403', '429', '503');
      if (isBySession) expected.push('404', '410');
      return [name, expected.filter((status) => !(status in responses))];
    });
    expect(problems.filter(([, missing]) => missing?.length !== 0)).toEqual([]);
    const errors = operations.flatMap(({ name, responses }) =>
      Object.entries(responses)
        .filter(([status]) => Number(status) >= 400)
        .map(([status, { content }]) => [name, status, content]),
    );
    expect(errors.length).toBeGreaterThan(operations.length);
    for (const [name, status, content] of errors) {
      expect([name, status, content]).toEqual([
        name,
        status,
        {
          'application/problem+json': expect.objectContaining({
            schema: { $ref: '#/components/schemas/Problem' },
          }),
        },
      ]);
    }
  });

  test('has an answer of every route, and a form of every answer', () => {
    const statuses = failing(({ responses }) =>
      Object.keys(responses).some((status) => /^20\d$/.test(status)),
    );
    expect(statuses).toEqual([]);
    const forms = failing(({ responses }) =>
      Object.entries(responses).every(
        ([status, { content }]) => (status === '204') === (content === undefined),
      ),
    );
    expect(forms).toEqual([]);
  });
});
