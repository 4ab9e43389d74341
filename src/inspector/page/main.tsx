import { render } from 'preact';
import { App } from './app.js';
import { startClock } from './clock.js';
import { connect } from './link.js';
import { startTheme } from './theme.js';

startTheme();
startClock();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
connect();
