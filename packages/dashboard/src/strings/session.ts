/** Words of logging in and of one-time links. */
export const sessionStrings = {
  login: {
    title: 'Log in',
    email: 'E-mail',
    password: 'Password',
    submit: 'Log in',
    forgot:
      'Forgot your password? Ask an administrator for a one-time link. The first one was printed when the server started.',
  },
  setup: {
    owner: 'Create the owner',
    ownerText: 'This is the first account. It can do everything and invite the others.',
    invite: (workspace: string) => `Join ${workspace}`,
    inviteText: 'Choose your name and a password.',
    reset: 'Set a new password',
    resetText: 'Your other sessions end when you save it.',
    name: 'Your name',
    email: 'E-mail',
    password: 'Password',
    passwordHint: 'At least 10 characters',
    submitOwner: 'Create the owner and start',
    submitInvite: 'Join',
    submitReset: 'Save the password',
    bad: 'This link doesn’t work any more',
    badText: 'A one-time link works once and for a limited time. Ask for a new one, or log in if you have an account.',
    toLogin: 'Go to the login',
  },
} as const
