import type { Letters } from './wording.js';

export const german: Letters = {
  greeting: 'Hallo,',
  farewell: 'Storytelling',
  letters: {
    'verify-email': {
      subject: 'Bestätige deine E-Mail-Adresse',
      paragraphs: [
        'mit dieser Adresse wurde ein Konto bei Storytelling eröffnet. Mit diesem Code bestätigst du, dass die Adresse dir gehört; danach kannst du veröffentlichen.',
        '{token}',
        '{link}',
        'Der Code gilt einmal und drei Tage lang. Wenn du das Konto nicht eröffnet hast, lass diese Mail liegen: Veröffentlicht werden kann damit nichts.',
      ],
    },
    'reset-password': {
      subject: 'Wähle ein neues Passwort',
      paragraphs: [
        'jemand hat ein neues Passwort für dein Konto bei Storytelling verlangt. Wenn du es warst, kannst du mit diesem Code eines wählen:',
        '{token}',
        '{link}',
        'Der Code gilt einmal und eine Stunde lang. Mit dem neuen Passwort werden alle abgemeldet, die in deinem Konto angemeldet sind.',
        'Wenn du es nicht warst, lass diese Mail liegen: Dein Passwort bleibt, wie es ist. Gib den Code niemandem.',
      ],
    },
    'password-changed': {
      subject: 'Dein Passwort wurde geändert',
      paragraphs: [
        'das Passwort deines Kontos bei Storytelling wurde gerade geändert; deine anderen Geräte wurden abgemeldet.',
        'Wenn du es nicht warst, setze dein Passwort sofort zurück: Das meldet alle ab, und du wählst ein neues.',
      ],
    },
    'password-reset': {
      subject: 'Dein Passwort wurde zurückgesetzt',
      paragraphs: [
        'das Passwort deines Kontos bei Storytelling wurde gerade mit einem Code aus einer Mail an diese Adresse zurückgesetzt. Alle wurden abgemeldet, und Konten bei anderen Anbietern melden dich nicht mehr an.',
        'Wenn du es nicht warst, liest jemand anderes deine Mails: Ändere zuerst das Passwort deines Postfachs, dann setze dieses zurück.',
      ],
    },
    'provider-linked': {
      subject: 'Du kannst dich mit {provider} anmelden',
      paragraphs: [
        'ein Konto bei {provider} mit deiner Adresse meldet dich ab jetzt bei Storytelling an.',
        'Wenn du es nicht warst, setze dein Passwort sofort zurück: Das meldet alle ab und schließt diesen Weg.',
      ],
    },
  },
};
