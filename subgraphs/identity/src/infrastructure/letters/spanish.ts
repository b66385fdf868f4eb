import type { Letters } from './wording.js';

export const spanish: Letters = {
  greeting: 'Hola:',
  farewell: 'Storytelling',
  letters: {
    'verify-email': {
      subject: 'Confirma tu dirección de correo',
      paragraphs: [
        'Con esta dirección se abrió una cuenta en Storytelling. Con este código confirmas que la dirección es tuya; después podrás publicar.',
        '{token}',
        '{link}',
        'El código sirve una sola vez, durante tres días. Si no abriste la cuenta, no hagas nada: con ella no se puede publicar.',
      ],
    },
    'reset-password': {
      subject: 'Elige una contraseña nueva',
      paragraphs: [
        'Alguien pidió una contraseña nueva para tu cuenta de Storytelling. Si fuiste tú, con este código puedes elegirla:',
        '{token}',
        '{link}',
        'El código sirve una sola vez, durante una hora. Con la contraseña nueva se cierran todas las sesiones abiertas en tu cuenta.',
        'Si no fuiste tú, no hagas nada: tu contraseña sigue siendo la misma. No des el código a nadie.',
      ],
    },
    'password-changed': {
      subject: 'Tu contraseña ha cambiado',
      paragraphs: [
        'La contraseña de tu cuenta de Storytelling acaba de cambiar y se cerró la sesión en tus otros dispositivos.',
        'Si no fuiste tú, restablece la contraseña cuanto antes: se cierran todas las sesiones y eliges una nueva.',
      ],
    },
    'password-reset': {
      subject: 'Tu contraseña se ha restablecido',
      paragraphs: [
        'La contraseña de tu cuenta de Storytelling acaba de restablecerse con un código enviado a esta dirección. Se cerraron todas las sesiones y las cuentas de otros proveedores ya no dan acceso.',
        'Si no fuiste tú, alguien más lee tu correo: cambia primero la contraseña de tu buzón y después restablece esta.',
      ],
    },
    'provider-linked': {
      subject: 'Ya puedes entrar con {provider}',
      paragraphs: [
        'Desde ahora, una cuenta de {provider} con tu dirección da acceso a tu cuenta de Storytelling.',
        'Si no fuiste tú, restablece la contraseña cuanto antes: se cierran todas las sesiones y también esta vía.',
      ],
    },
  },
};
