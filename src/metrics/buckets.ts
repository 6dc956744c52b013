const WAITS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The upper bounds of what is counted together, in seconds, of each of our histograms, and of the SDK's that alerts need. */
export const BUCKETS = {
  workflow_task_schedule_to_start_latency: WAITS,
  activity_schedule_to_start_latency: WAITS,
  /** Whoever waits is answered within 5 s, unless they asked to wait: a minute, and some. */
  durascribe_http_request_duration_seconds: [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  ],
  durascribe_temporal_call_duration_seconds: [
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5,
  ],
  /** Vendors send again for minutes, and some of them for hours. */
  durascribe_webhook_lag_seconds: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
  /** A request is given up after 10 s; a copy of a recording takes its minutes. */
  durascribe_provider_call_duration_seconds: [
    0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300, 900,
  ],
  /** A start is tried for ten minutes. */
  durascribe_session_start_duration_seconds: [0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600],
  durascribe_update_lateness_seconds: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
  durascribe_transcription_duration_seconds: [
    5, 15, 30, 60, 120, 300, 600, 1_200, 3_600, 7_200, 14_400,
  ],
  /** The last of ten tries is made after 75 hours. */
  durascribe_callback_delay_seconds: [
    0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3_600, 21_600, 86_400,
  ],
} as const satisfies { readonly [histogram: string]: readonly number[] };
