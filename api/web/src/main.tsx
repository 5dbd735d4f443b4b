import { render } from 'preact';
import { App } from './app.js';
import { takeKeyFromLink } from './client/keys.js';
import { applySettings } from './state/settings.js';
import { restore } from './state/uploads.js';
import './styles/index.css';
import { followLanguage } from './texts/index.js';

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no element "app"');
applySettings();
takeKeyFromLink();
restore();
await followLanguage();
render(<App />, root);
