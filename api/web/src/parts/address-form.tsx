/** An image by its address, where the server fetches images. */
import { useEffect, useState } from 'preact/hooks';
import { takesAddresses } from '../client/limits.js';
import { addressIn, giveAddress } from '../state/intake.js';
import { useTexts } from '../texts/index.js';

export function AddressForm() {
  const t = useTexts();
  const [taken, setTaken] = useState(true); // as on most servers: the view should not move once it is known
  const [text, setText] = useState('');
  useEffect(() => void takesAddresses().then(setTaken), []);
  if (!taken) return null;
  const submit = (event: Event) => {
    event.preventDefault();
    const address = addressIn(text);
    if (address) void giveAddress(address);
  };
  return (
    <form class="address-form" onSubmit={submit}>
      <input
        type="url"
        required
        pattern="\s*https?://.+"
        maxLength={2048}
        placeholder={t.predict.address}
        aria-label={t.predict.address}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit">{t.predict.fetch}</button>
    </form>
  );
}
