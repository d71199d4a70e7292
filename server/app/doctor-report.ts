import type { Diagnosis, Holding, PortFinding } from './doctor.ts';

const LABEL_WIDTH = 13;

const PORT_STATES: Readonly<Record<PortFinding['state'], string>> = {
  free: 'free',
  own: 'used by this Millrace, which is running',
  taken: 'taken by another program',
  forbidden: 'cannot be listened on',
};

const FOLDER_STATES: Readonly<Record<Diagnosis['dataDir']['state'], string>> = {
  writable: 'writable',
  'in use': 'in use by a Millrace that is running',
  unusable: 'unusable',
};

/** A diagnosis for people; a label of a kind stands in its first line. */
export function writeDiagnosis(diagnosis: Diagnosis): string {
  const { version, node, ffmpeg, families, machine, holds, ports, dataDir, problems } = diagnosis;
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Millrace', [version]],
    ['Node.js', [node]],
    ['FFmpeg', [`${ffmpeg.version ?? 'does not run'} (${ffmpeg.path})`]],
    ['Encoders', [ffmpeg.encoders.join(', ') || 'none']],
    [
      'Devices',
      families.map(({ family, works, problem }) => {
        return `${family.padEnd(10)}${works ? 'works' : `no: ${problem}`}`;
      }),
    ],
    ['Machine', [`${machine.processor}, ${machine.cores} cores`]],
    [
      'Rungs',
      machine.rungs.map(({ name, coresAt30Fps, framesPerSecond }) => {
        return `${name.padEnd(10)}${coresAt30Fps.toFixed(2)} cores at 30 fps, ${framesPerSecond} fps at most`;
      }),
    ],
    ['TRANSCODE', [diagnosis.transcode]],
    ['  auto makes', holds.map(holdingLine)],
    [
      'Ports',
      ports.map(({ setting, port, state }) => `${setting} ${port} is ${PORT_STATES[state]}`),
    ],
    ['DATA_DIR', [`${dataDir.path} is ${FOLDER_STATES[dataDir.state]}`]],
  ];
  const lines = sections.flatMap(([label, texts]) =>
    texts.map((text, index) => `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${text}`),
  );
  const end =
    problems.length === 0
      ? ['All is well.']
      : ['Problems:', ...problems.map((each) => `  ${each}`)];
  return ['', ...lines, '', ...end, ''].join('\n');
}

function holdingLine({ source, rungs, leftOut }: Holding): string {
  const without = leftOut.length === 0 ? '' : `, without ${leftOut.join(', ')}`;
  return `${source.padEnd(10)}${rungs.join(', ') || 'nothing'}${without}`;
}
