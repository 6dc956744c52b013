// Manifests with one fault each, which the check has to find out.

/**
 * @typedef {object} Broken
 * @property {string} what is broken
 * @property {string} of the overlay that is
 * @property {string} find what is there
 * @property {string} put what is put in its place, once
 * @property {RegExp} fault how it is found out
 */

const of = 'self-hosted';

/** @type {Broken[]} */
export const BROKEN = [
  {
    what: 'a field that Kubernetes does not know',
    of,
    find: 'terminationGracePeriodSeconds: 60',
    put: 'terminationGracePeriodSecond: 60',
    fault: /terminationGracePeriodSecond/,
  },
  {
    what: 'a value of the wrong type',
    of,
    find: 'maxReplicas: 10',
    put: 'maxReplicas: many',
    fault: /HorizontalPodAutoscaler.*many/,
  },
  {
    what: 'a kind that nobody knows',
    of,
    find: 'kind: PodMonitor',
    put: 'kind: PodMonitors',
    fault: /PodMonitors/,
  },
  {
    what: 'a field that KEDA does not know',
    of,
    find: 'maxReplicaCount:',
    put: 'maxReplicas:',
    fault: /ScaledObject.*maxReplicas/,
  },
  {
    what: 'a field that the scaler does not know',
    of,
    find: 'targetQueueSize:',
    put: 'targetQueueLength:',
    fault: /KEDA takes no targetQueueLength/,
  },
  {
    what: 'a field that the scaler no longer takes',
    of,
    find: 'targetQueueSize: "50"',
    put: 'targetQueueSize: "50"\n      buildId: "1"',
    fault: /KEDA takes no buildId/,
  },
  {
    what: 'a queue without workers',
    of,
    find: 'taskQueue: transcription.callbacks',
    put: 'taskQueue: transcription.callback',
    fault: /no worker has the queue transcription\.callback$/,
  },
  {
    what: 'a scaled Deployment that is not there',
    of: 'versioned-workers',
    find: 'envSourceContainerName: worker\n    name: durascribe-worker-1-4-0',
    put: 'envSourceContainerName: worker\n    name: durascribe-worker',
    fault: /scales durascribe-worker, which is not there/,
  },
  {
    what: 'credentials of KEDA that are not there',
    of: 'temporal-cloud-mtls',
    find: 'authenticationRef:\n      name: durascribe-temporal',
    put: 'authenticationRef:\n      name: temporal',
    fault: /no TriggerAuthentication temporal/,
  },
  {
    what: 'a misspelt variable',
    of,
    find: 'S3_AUDIO_BUCKET:',
    put: 'S3_AUDIO_BUKET:',
    fault: /nothing reads the variable S3_AUDIO_BUKET/,
  },
  {
    what: "a misspelt variable of Temporal's",
    of: 'temporal-cloud-mtls',
    find: 'TEMPORAL_TLS_CLIENT_CERT_PATH:',
    put: 'TEMPORAL_TLS_CERT_PATH:',
    fault: /nothing reads the variable TEMPORAL_TLS_CERT_PATH/,
  },
  {
    what: 'a configuration that does not start',
    of,
    find: 'DURASCRIBE_PORT: "3000"',
    put: 'DURASCRIBE_PORT: "http"',
    fault: /would not start: DURASCRIBE_PORT/,
  },
  {
    what: 'another port than the API listens on',
    of,
    find: 'DURASCRIBE_PORT: "3000"',
    put: 'DURASCRIBE_PORT: "3001"',
    fault: /listens on 3001, its port is 3000/,
  },
  {
    what: 'a Secret that nobody is told of',
    of,
    find: 'secretRef:\n            name: durascribe',
    put: 'secretRef:\n            name: transcribe',
    fault: /docs\/deploy\.md has no Secret transcribe/,
  },
  {
    what: 'a probe of a port that is none',
    of,
    find: 'path: /readyz\n            port: metrics',
    put: 'path: /readyz\n            port: http',
    fault: /durascribe-worker names port http/,
  },
  {
    what: 'a policy that opens every pod',
    of,
    find: 'podSelector:\n    matchLabels:\n      app.kubernetes.io/component: worker\n      app.kubernetes.io/name: durascribe',
    put: 'podSelector: {}',
    fault: /NetworkPolicy durascribe-worker opens api and worker/,
  },
  {
    what: 'a disruption budget of every pod',
    of,
    find: 'maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/component: worker\n      app.kubernetes.io/name: durascribe',
    put: 'maxUnavailable: 1\n  selector: {}',
    fault: /PodDisruptionBudget durascribe-worker selects 2 Deployments/,
  },
  {
    what: 'a job that no alert knows',
    of,
    find: 'replacement: durascribe-worker',
    put: 'replacement: durascribe/durascribe-worker',
    fault: /PodMonitor durascribe-worker: no alert knows the job/,
  },
  {
    what: 'an end that is too short',
    of,
    find: 'terminationGracePeriodSeconds: 60',
    put: 'terminationGracePeriodSeconds: 20',
    fault: /durascribe-api may be killed/,
  },
  {
    what: 'a file system that can be written to',
    of,
    find: 'readOnlyRootFilesystem: true',
    put: 'readOnlyRootFilesystem: false',
    fault: /writable root filesystem|read ?only ?root ?file ?system/i,
  },
  {
    what: 'a memory without a limit',
    of,
    find: 'ephemeral-storage: 256Mi\n            memory: 512Mi',
    put: 'ephemeral-storage: 256Mi',
    fault: /CRITICAL.*memory/i,
  },
];
