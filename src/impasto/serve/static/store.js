// What outlives the page, in this browser's IndexedDB. A browser that keeps nothing is one without a past.
const STORES = ["easel", "photos", "history", "styles", "jobs"];
// Two studios below one host are two studios.
const NAME = `impasto ${new URL("..", import.meta.url).pathname}`;

let opening = null;
let forgotten = false;

function open() {
  opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null);
      request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

async function transact(store, mode, work) {
  const base = await open();
  if (!base) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = base.transaction(store, mode);
      const request = work(transaction.objectStore(store));
      if (mode === "readwrite") transaction.commit?.(); // at once, as the page may be about to go
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => resolve(undefined); // no room, or no permission
    } catch {
      resolve(undefined);
    }
  });
}

export const kept = (store, key) => transact(store, "readonly", (place) => place.get(key));
export const keep = async (store, key, value) =>
  forgotten ? undefined : transact(store, "readwrite", (place) => place.put(value, key));
export const drop = (store, key) => transact(store, "readwrite", (place) => place.delete(key));
export const keysOf = async (store) => (await transact(store, "readonly", (place) => place.getAllKeys())) ?? [];

/** Everything in a store, as [key, value]; the keys' order. */
export async function allOf(store) {
  const keys = await keysOf(store);
  const values = (await transact(store, "readonly", (place) => place.getAll())) ?? [];
  return values.map((value, index) => [keys[index], value]);
}

/** Forget the whole visit, and keep nothing more until the page is loaded anew. */
export function forgetAll() {
  const cleared = STORES.map((store) => transact(store, "readwrite", (one) => one.clear()));
  forgotten = true;
  return Promise.all(cleared);
}
