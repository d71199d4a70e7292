import { render } from 'preact';
import { WatchSession } from '../player/index.ts';
import { AccountPage } from './account-page.tsx';
import { HomePage } from './home-page.tsx';
import { NowherePage } from './nowhere-page.tsx';
import { PeoplePage } from './people-page.tsx';
import { routeOf } from './route.ts';
import { SetupPage } from './setup-page.tsx';
import { SignInPage } from './sign-in-page.tsx';
import './site.css';
import './desk.css';
import { meet } from '../base/index.ts';
import { WatchPage } from './watch-page.tsx';

const route = routeOf(location.pathname);
const root = document.getElementById('app');

if (root !== null) {
  void meet();
  switch (route.page) {
    case 'home':
      render(<HomePage host={location.hostname} />, root);
      break;
    case 'watch':
      render(
        <WatchPage
          streamId={route.streamId}
          session={new WatchSession(route.streamId, wasOnAir())}
        />,
        root,
      );
      break;
    case 'setup':
      render(<SetupPage />, root);
      break;
    case 'sign-in':
      render(<SignInPage />, root);
      break;
    case 'account':
      render(<AccountPage />, root);
      break;
    case 'people':
      render(<PeoplePage />, root);
      break;
    case 'studio': {
      const { StudioPage } = await import('../studio/index.ts');
      render(<StudioPage streamId={route.streamId} />, root);
      break;
    }
    case 'docs': {
      const { DocsPage } = await import('./docs/docs-page.tsx');
      render(<DocsPage />, root);
      break;
    }
    case 'errors': {
      const { ErrorsPage } = await import('./docs/errors-page.tsx');
      render(<ErrorsPage />, root);
      break;
    }
    case 'nowhere':
      render(<NowherePage />, root);
      break;
  }
}

/** Whether the stream was on air when the server sent this page; so it is where nothing is said. */
function wasOnAir(): boolean {
  const said = document.querySelector('meta[name="on-air"]');
  return said?.getAttribute('content') !== 'no';
}
