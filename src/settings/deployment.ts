import { z } from 'zod';

/** Both or neither: which build of which deployment a worker is. */
export const DEPLOYMENT_VARIABLES = ['DURASCRIBE_DEPLOYMENT', 'DURASCRIBE_BUILD_ID'] as const;

/** What Temporal takes: what begins with two underscores is its own, and the two parts are joined by one of `.` and `:`. */
const name = z
  .string()
  .max(100)
  .regex(/^(?!__)[^.:]+$/, 'must not begin with __ or contain . or :');
const buildId = z
  .string()
  .max(100)
  .regex(/^(?!__)/, 'must not begin with __');

export const DeploymentEnvironment = z.object({
  DURASCRIBE_DEPLOYMENT: name.optional(),
  DURASCRIBE_BUILD_ID: buildId.optional(),
});

/** A version of a deployment of workers, as Temporal knows it. */
export type DeploymentVersion = { readonly deploymentName: string; readonly buildId: string };

/** The version that the worker is; null = it takes no part in versioning. */
export function deploymentVersion(
  data: z.infer<typeof DeploymentEnvironment>,
): DeploymentVersion | null {
  const { DURASCRIBE_DEPLOYMENT: deploymentName, DURASCRIBE_BUILD_ID } = data;
  if (deploymentName === undefined || DURASCRIBE_BUILD_ID === undefined) return null;
  return { deploymentName, buildId: DURASCRIBE_BUILD_ID };
}
