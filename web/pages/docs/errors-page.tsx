import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import reference from '../../../docs/reference/errors.md?raw';
import { Frame } from '../../base/index.ts';
import './docs.css';
import { errorsIn } from './error-list.ts';
import { Words } from './words.tsx';

/** Every code of a refusal: where the `type` of a problem document leads. */
export function ErrorsPage(): VNode {
  const [named, setNamed] = useState(codeInAddress);
  useEffect(() => {
    const onHash = (): void => setNamed(codeInAddress());
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  useEffect(() => document.getElementById(named)?.scrollIntoView({ block: 'center' }), [named]);
  return (
    <Frame title="Errors">
      <div class="docs">
        <div class="desk-head">
          <h1>Errors</h1>
          <p class="lead">
            What a program is told that asks for something it cannot have. Programs match the code,
            which never changes. What may be asked is in <a href="/api/docs">the API</a>.
          </p>
        </div>
        <dl class="errors">
          {errorsIn(reference).map(({ codes, status, when, remedy }) => (
            <div key={codes.join()} data-named={codes.includes(named)}>
              <dt>
                {codes.map((code) => (
                  <a key={code} id={code} href={`#${code}`}>
                    <code>{code}</code>
                  </a>
                ))}
                <span class="type">{status}</span>
              </dt>
              <dd>
                <p>
                  <Words text={when} />
                </p>
                {remedy === '' ? null : (
                  <p class="meaning">
                    <Words text={remedy} />
                  </p>
                )}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </Frame>
  );
}

function codeInAddress(): string {
  return location.hash.slice(1);
}
