import { expect, test } from 'vitest';
import { containerOf, looksLike } from '../../src/media/containers.ts';

test.each([
  ['mp3', 'ID3\u0003\0\0'],
  ['mp3', '\u00FF\u00F3\u0048\u00C4'],
  ['mp3', '\u00FF\u00FB\u0090\u0064'],
  ['wav', 'RIFF\u00FF\u00FF\u00FF\u00FFWAVEfmt '],
  ['wav', 'RIFF\n\n\n\nWAVEJUNK'],
  ['flac', 'fLaC\0\0\0\u0022'],
  ['ogg', 'OggS\0'],
  ['m4a', '\0\0\0\u0020ftypM4A \0\0'],
  ['mp4', '\0\0\0\u0020ftypisom\0\0'],
  ['amr', '#!AMR\n'],
  ['amr', '#!AMR-WB\n'],
  ['webm', '\u001A\u0045\u00DF\u00A3\u009F'],
])('%s is known by %j', (extension, begins) => {
  expect(containerOf(Buffer.from(begins, 'latin1'))?.extension).toBe(extension);
});

test.each([
  ['an HTML page', '\n<!DOCTYPE html><html>'],
  ['an HTML page', '<HTML><body>'],
  ['XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code>'],
  ['JSON', '\u00EF\u00BB\u00BF {"type":"UNAUTHORIZED"}'],
  ['text', 'Not Found\r\n'],
  ['something compressed by gzip', '\u001F\u008B\u0008\0'],
  ['a zip archive', 'PK\u0003\u0004'],
  ['a PDF', '%PDF-1.7'],
  ['a WAV of 64 bits', 'RF64\u00FF\u00FF\u00FF\u00FFWAVE'],
  ['AAC without a container', '\u00FF\u00F1\u0050\u0080'],
  [
    'something unknown that begins with 0001020304050607',
    '\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007',
  ],
  ['something unknown that begins with fffbff00', '\u00FF\u00FB\u00FF\0'],
  ['text', 'RIFF'],
])('what looks like %s is not audio', (what, begins) => {
  const head = Buffer.from(begins, 'latin1');
  expect(containerOf(head)).toBeNull();
  expect(looksLike(head)).toBe(what);
});
