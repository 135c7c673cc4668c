# Changing the password, and setting the first one.

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => ['login argon2_memory=1024'], people => 3, fixtures => ['probe']);
my $client = $civic->client;
my ($one, $two, $three) = $civic->people;

sub login {
    my ($person) = @_;

    return $client->login(@$person{qw(id_number password)});
}

sub change {
    my ($token, $old, $new) = @_;

    return $client->put('/login/password', token => $token, json => {
        (defined $old ? (old_password => $old) : ()), new_password => $new });
}

sub holds {
    my ($token) = @_;

    return $client->get('/login/profile', token => $token)->{status} == 200;
}


# ---- what is refused ----

my $token = login($one);
my $old = $one->{password};

sub refused {
    my ($new, $codes, $name) = @_;
    my $answer = change($token, $old, $new);

    is_problem($answer, 422, 'invalid_fields', $name);
    is_deeply([ map { $_->{code} } @{ $answer->{json}{errors} } ], $codes,
        "$name: @$codes");
    is_deeply([ grep { $_->{pointer} ne '/new_password' }
        @{ $answer->{json}{errors} } ], [], 'at the new password');
    is($answer->{content} =~ /\Q$new\E/, '', 'which is not repeated')
        if length $new > 7;
    return $answer;
}

my $birth = substr $one->{id_number}, 6, 8;

refused('aA1!xyz', ['password_too_short'], 'too short');
refused("\x{5bc6}\x{7801}\x{6d4b}\x{8bd5}12", ['password_too_short'],
    'six characters, though 14 bytes');
refused('aaaaaaaabbbb', ['password_simple'], 'of two characters');
refused('sunshine', ['password_common'], 'that everybody has');
refused('X' . $one->{id_number} . 'y', ['password_personal'], 'one\'s number');
refused('zz' . substr($one->{id_number}, -6) . '-zz', ['password_personal'],
    'the end of it');
refused("key-$birth-key", ['password_personal'], 'the day of birth');
refused("key-$one->{name}-lock", ['password_personal'], 'one\'s name');
refused($old, ['password_unchanged'], 'the old one');
my $all = refused('111111', [qw(password_too_short password_simple
    password_common)], 'all reasons at once');
like($all->{json}{errors}[0]{detail}, qr/8/, 'with the bound');
is($all->{json}{rule}{name}, 'login.password', 'and the rule')
    or diag($all->{content});

for my $case ([ undef, '/old_password', 'required' ],
    [ 'not-the-old-one', '/old_password', 'old_password_wrong' ])
{
    my ($given, $pointer, $code) = @$case;
    my $answer = change($token, $given, 'Quite-Another-4711');

    is($answer->{status}, 422, "old password: $code");
    is_deeply(field_errors($answer), { $pointer => $code }, 'and where');
}
is(change($token, $old, 'x' x 129)->{json}{errors}[0]{code}, 'too_long',
    '129 characters');
is_problem(change('x', $old, 'Quite-Another-4711'), 401, 'session_expired',
    'without a session');
ok(holds($token), 'nothing of it ended the session');


# ---- what is taken ----

my @others = map { login($one) } 1 .. 3;
my $hers = login($two);
my $answer = change($token, $old, "\x{957f}\x{5bc6}\x{7801} Quite-4711");

is($answer->{status}, 200, 'a good one') or diag($answer->{content});
like($answer->{json}{password_set_at}, qr/\+08:00$/, 'since when');
ok(holds($token), 'this session holds');
ok(!holds($_), 'another does not') for @others;
ok(holds($hers), 'but somebody else\'s does');
is($client->try_login($one->{id_number}, $old)->{status}, 401,
    'the old password is void');
is($client->try_login($one->{id_number},
    "\x{957f}\x{5bc6}\x{7801} Quite-4711")->{status}, 200, 'the new one holds');
is(change($token, $old, 'Yet-Another-4712')->{json}{code},
    'old_password_wrong', 'the old one changes nothing any more');
is(change($token, "\x{957f}\x{5bc6}\x{7801} Quite-4711",
    'x' . "\x{20bb7}" x 120 . 'abcdefg')->{status}, 200,
    '128 characters of many bytes');


# ---- two at once ----

my @tokens = map { login($two) } 1 .. 2;
my $folder = $civic->nginx->folder;
my @pids = map {
    my $i = $_;

    Civic::Process::background("change $i", sub {
        my $said = $civic->client->put('/login/password',
            token => $tokens[$i], json => { old_password => $two->{password},
                new_password => "Racing-Password-$i" });
        open my $file, '>', "$folder/change-$i" or die "change: $!";
        print {$file} $said->{status};
        close $file;
    });
} 0 .. 1;
Civic::Process::wait_for('the changes', 30,
    sub { !grep { Civic::Process::alive($_) } @pids });
my @said = map { open my $file, '<', "$folder/change-$_" or die; <$file> }
    0 .. 1;
is((grep { $_ == 200 } @said), 1, "of two changes at once, one (@said)");
is((grep { $client->try_login($two->{id_number}, "Racing-Password-$_")
    ->{status} == 200 } 0 .. 1), 1, 'and one password holds');
ok((grep { holds($_) } @tokens) <= 1, 'and one session at most');


# ---- the first password ----

my $first = $client->post('/probe/session', json => {
    name => $three->{id_number}, flag => JSON::PP::true() })->{json}{token};

is_problem($client->get('/login/profile', token => $first), 403,
    'password_required', 'nothing before it');
$answer = change($first, undef, '12345');
is($answer->{status}, 422, 'it must be good too');
$answer = change($first, undef, 'First-Password-4713');
is($answer->{status}, 200, 'it is set without an old one')
    or diag($answer->{content});
my $full = $answer->{json}{token};
ok($full && $full ne $first, 'and brings a new token');
ok(holds($full), 'which may do everything');
ok(!$client->get('/login/session', token => $full)
    ->{json}{must_set_password}, 'with nothing to set');
ok(!holds($first), 'the old token is over');
is($client->try_login($three->{id_number}, 'First-Password-4713')->{status},
    200, 'and the password logs in');

finish();
