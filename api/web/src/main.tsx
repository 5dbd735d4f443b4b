import { render } from 'preact';
import { App } from './app.js';
import { applySettings } from './state/settings.js';
import './styles/index.css';

applySettings();
const root = document.getElementById('app');
if (!root) throw new Error('index.html has no element "app"');
render(<App />, root);
