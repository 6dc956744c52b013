import { inspectConfig } from '../config.ts';
import { bucketChecks } from './buckets.ts';
import { clockCheck } from './clock.ts';
import { configurationSights } from './configuration.ts';
import { fault, type Check, type Finding, type Sight } from './finding.ts';
import { retentionChecks } from './retention.ts';
import { secretsRemover } from './secrets.ts';
import { temporalChecks } from './temporal.ts';
import { vendorChecks } from './vendors.ts';
import { webhookChecks } from './webhooks.ts';

/** Of each check: longer than any call in it, so that what hangs is told by whoever hangs. */
const DEADLINE_MS = 20_000;

/**
 * Looks at all that a session needs, from here and with the credentials of here: everything at once, told in an order
 * that is read. Changes nothing but for one small object in each bucket, which is removed again. Temporal and the AWS
 * SDK read `process.env` by themselves, so `environment` is that.
 */
export async function* diagnose(environment: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  const inspected = inspectConfig(environment);
  const { config } = inspected;
  const withoutSecrets = secretsRemover(environment);
  const checks: readonly (readonly [section: string, checks: readonly Check[]])[] = [
    [
      'Configuration',
      [{ subject: 'variables', look: async () => configurationSights(inspected, environment) }],
    ],
    ['Temporal', temporalChecks(config)],
    ['Vendors', vendorChecks(inspected)],
    ['Buckets', bucketChecks(inspected)],
    ['Retention', retentionChecks(inspected)],
    ['Webhooks', webhookChecks(inspected)],
    ['Clock', [clockCheck(config, environment)]],
  ];
  const looking = checks.map(
    ([section, ofSection]) => [section, ofSection.map((check) => lookInTime(check))] as const,
  );
  for (const [section, sights] of looking) {
    for (const sight of (await Promise.all(sights)).flat()) {
      const { subject, outcome, found, advice } = sight;
      yield {
        section,
        subject,
        outcome,
        found: withoutSecrets(found),
        advice: advice === null ? null : withoutSecrets(advice),
      };
    }
  }
}

async function lookInTime({ subject, look }: Check): Promise<readonly Sight[]> {
  const { promise: late, resolve } = Promise.withResolvers<readonly Sight[]>();
  const found = `no answer within ${DEADLINE_MS / 1_000} s`;
  const timer = setTimeout(
    () => resolve([fault(subject, found, 'look whether a firewall or a proxy keeps it')]),
    DEADLINE_MS,
  );
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    const words = error instanceof Error ? error.message : 'unknown error';
    return [fault(subject, `could not be checked: ${words}`, 'tell whoever maintains Durascribe')];
  } finally {
    clearTimeout(timer);
  }
}
