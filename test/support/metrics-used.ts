import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));

const Rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const Target = z.object({ expr: z.string() });
const Panel = z.object({ targets: z.array(Target).optional(), title: z.string() });
const Dashboard = z.object({ panels: z.array(Panel) });

/** Those of the Temporal SDK that are there only once something has gone wrong, as its source names them. */
export const RARE_SDK_METRICS = [
  'temporal_workflow_task_execution_failed_total',
  'temporal_sticky_cache_total_forced_eviction_total',
  'temporal_activity_execution_failed_total',
  'temporal_request_failure_total',
] as const;
/** Made by Prometheus itself. */
const OF_PROMETHEUS = 'up';

/** Words of PromQL that are no metrics; functions are told by their parentheses. */
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** The metrics that the alerts and the dashboard ask for, and those that need not be there. */
export function usedMetrics(): { readonly names: string[]; readonly declared: Set<string> } {
  const { groups } = Rules.parse(parse(read('prometheus/alerts.yaml')));
  const { panels } = Dashboard.parse(JSON.parse(read('grafana/durascribe.json')));
  const expressions = [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr)),
  ];
  const names = [...new Set(expressions.flatMap(metricsIn))];
  return { names, declared: new Set([...RARE_SDK_METRICS, OF_PROMETHEUS]) };
}

/** The names of the metrics in an expression of PromQL. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/#.*$/gm, ' ')
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, ' ')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/(?<![\w.])[a-zA-Z_:][\w:]*(?!\w|\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !WORDS.has(name) && !/^group_(?:left|right)$/.test(name));
}

function read(path: string): string {
  return readFileSync(join(DEPLOY, path), 'utf8');
}
