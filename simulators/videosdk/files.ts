import type { Project } from './project.ts';
import type { Task } from './tasks.ts';

/** Something said; times in seconds from the start of the transcription. */
export type Utterance = {
  readonly speaker: string;
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
};

export const SAMPLE_UTTERANCES: readonly Utterance[] = [
  { speaker: 'Anna', text: 'Hello there.', startSeconds: 0.5, endSeconds: 1.4 },
  { speaker: 'Ben', text: 'Hi Anna, shall we begin?', startSeconds: 2, endSeconds: 3.8 },
  {
    speaker: 'Anna',
    text: 'Yes, the release goes out on Friday.',
    startSeconds: 4.5,
    endSeconds: 7,
  },
];

type FileUrls = {
  readonly transcriptionFilePaths?: { readonly txt: string };
  readonly summarizedFilePaths?: { readonly txt: string };
};

const NAME = /^([\w-]{36})(-summary)?\.txt$/;

/** Where the files of a transcription are, once they exist. */
export function fileUrls(project: Project, task: Task, baseUrl: string): FileUrls {
  if (!haveAppeared(project, task)) return {};
  const base = `${baseUrl}/files/${task.id}`;
  return {
    transcriptionFilePaths: { txt: `${base}.txt` },
    ...(task.summary.enabled && { summarizedFilePaths: { txt: `${base}-summary.txt` } }),
  };
}

/** The transcription whose file has this name, whether or not the file exists. */
export function taskOfFile({ tasks }: Project, name: string): Task | undefined {
  return tasks.get(NAME.exec(name)?.[1] ?? '');
}

/** Undefined while there is no such file. */
export function fileText(project: Project, name: string): string | undefined {
  const task = taskOfFile(project, name);
  if (!task || !haveAppeared(project, task)) return undefined;
  const utterances = project
    .utterances(task.roomId)
    .toSorted((one, other) => one.startSeconds - other.startSeconds);
  if (NAME.exec(name)?.[2] === undefined) {
    return utterances.map(({ speaker, text }) => `${speaker}: ${text}\n`).join('');
  }
  if (!task.summary.enabled) return undefined;
  const speakers = new Set(utterances.map(({ speaker }) => speaker));
  return `Summary: ${utterances.length} utterances by ${[...speakers].join(', ') || 'nobody'}.\n`;
}

/** A transcription that failed leaves no file. */
function haveAppeared({ answers, now }: Project, { end }: Task): boolean {
  if (!end || end.cause === 'failed' || end.cause === 'vanished') return false;
  return now() >= end.atMs + answers.filesAppearAfterMs;
}
