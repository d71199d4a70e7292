import { render } from 'preact';
import { WatchSession } from '../player/index.ts';
import { HomePage } from './home-page.tsx';
import { NowherePage } from './nowhere-page.tsx';
import { routeOf } from './route.ts';
import './site.css';
import { WatchPage } from './watch-page.tsx';

const route = routeOf(location.pathname);
const root = document.getElementById('app');

if (root !== null) {
  switch (route.page) {
    case 'home':
      render(<HomePage host={location.hostname} />, root);
      break;
    case 'watch':
      render(<WatchPage session={new WatchSession(route.streamId)} />, root);
      break;
    case 'nowhere':
      render(<NowherePage />, root);
      break;
  }
}
