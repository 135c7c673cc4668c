# Logging in with identity number, password and captcha: what is right, what
# is wrong, and what nobody may learn from it.

use lib 't/lib';
use Civic::Test;

my $civic = civic(people => 2);
my $client = $civic->client;
my $person = $civic->person;
my ($number, $password) = @$person{qw(id_number password)};

sub attempt {
    my ($id, $secret, %fields) = @_;

    return $client->try_login($id, $secret, fields => \%fields);
}

sub enters {
    my ($name, $id, %fields) = @_;
    my $answer = attempt($id, $password, %fields);

    return is($answer->{status}, 200, $name) || diag($answer->{content});
}

sub field {
    my ($name, $id, $code, %fields) = @_;
    my $answer = attempt($id, $password, %fields);

    is_problem($answer, 422, 'invalid_fields', $name);
    is_deeply(field_errors($answer), { '/id_number' => $code },
        "$name: $code");
    return;
}

# The check character of 17 digits (GB 11643, ISO 7064 MOD 11-2).
sub checked {
    my ($body) = @_;
    my @weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my @digits = split //, $body;
    my $sum = 0;

    $sum += $digits[$_] * $weights[$_] for 0 .. 16;
    return $body . substr '10X98765432', $sum % 11, 1;
}


# ---- right ----

my $answer = attempt($number, $password);
my $json = $answer->{json};

is($answer->{status}, 200, 'the right password');
like($json->{token}, qr/^[A-Za-z0-9_-]{60,127}$/, 'a token');
like($json->{expires_at}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/,
    'its end, in China\'s time');
is($json->{person}{name}, "\x{6d4b}*\x{4e00}", 'the name, masked');
is($json->{person}{id_number}, substr($number, 0, 4) . '*' x 10
    . substr($number, -4), 'the number, masked');
is($answer->{headers}{'cache-control'}, 'no-store', 'nobody stores it');
is($answer->{headers}{'set-cookie'}, undef, 'no cookie that nobody asked for');

my $profile = $client->get('/login/profile', token => $json->{token})->{json};
is_deeply({ %$profile, created_at => 1, password_set_at => 1 }, {
    name => "\x{6d4b}*\x{4e00}", id_number => $json->{person}{id_number},
    kind => 'resident', birth_date => '1951-01-01', sex => 'male',
    has_password => JSON::PP::true(), created_at => 1, password_set_at => 1,
}, 'the profile');
unlike($client->get('/login/profile', token => $json->{token})->{content},
    qr/$number/, 'never the whole number');


# ---- from where ----

my $refused = $client->post('/login/password', json => { id_number => $number,
    password => $password }, headers => { 'User-Agent' =>
    'Mozilla/5.0 (iPhone) MicroMessenger/8.0.47' });
is_problem($refused, 403, 'channel_wechat', 'in WeChat');
is($refused->{json}{title}, "\x{5fae}\x{4fe1}\x{6ce8}\x{518c}\x{7cfb}\x{7edf}"
    . "\x{76ee}\x{524d}\x{8fd8}\x{65e0}\x{6cd5}\x{4f7f}\x{7528}",
    'in the words of the notice');


# ---- how the number may be written ----

my $wide = $number =~ tr/0-9X/\x{ff10}-\x{ff19}\x{ff38}/r;
enters('full-width digits', $wide);

my ($with_x) = grep { id_number($_) =~ /X$/ } 1 .. 99;
$civic->add_person($with_x, password => $password);
my $x = id_number($with_x);
enters('an X', $x);
enters('x in lower case', lc $x);
enters('a full-width x', substr($x, 0, 17) . "\x{ff58}");

my $permit = checked('83000019900101123');
$civic->add_person(3, id_number => $permit, password => $password);
enters('a residence permit of Taiwan', $permit);
my $foreign = checked('91104319900101123');
$civic->add_person(4, id_number => $foreign, password => $password);
enters('a foreign permanent resident', $foreign);
my $token = attempt($foreign, $password)->{json}{token};
isnt($client->get('/login/profile', token => $token)->{json}{kind},
    'resident', 'whose kind is another');

my $bad = substr($number, 0, 17)
    . (substr($number, 17) eq '1' ? '2' : '1');
field('a wrong check character', $bad, 'id_number_checksum');
field('stars', substr($number, 0, 4) . '*' x 10 . substr($number, -4),
    'id_number_charset');
field('a space within', substr($number, 0, 6) . ' ' . substr($number, 6),
    'id_number_charset');
field('a space at the edge', " $number", 'id_number_charset');
field('letters', 'abcdefghijklmnopqr', 'id_number_charset');
field('too short', '63010519', 'id_number_length');
field('too long', $number . '1', 'id_number_length');
field('a first-generation card', '630105510101123', 'id_number_legacy_15');
field('no region', checked('00010519900101123'), 'id_number_region');
field('no such day', checked('63010519900230123'), 'id_number_birth_date');
field('a day to come', checked('63010529900101123'),
    'id_number_birth_future');
my $told = attempt($bad, $password)->{json};
like($told->{errors}[0]{detail}, qr/^\x{8bf7}\x{8f93}\x{5165}/,
    'told in Chinese');
unlike(JSON::PP::encode_json($told), qr/$bad/, 'without the number');
my $example = $told->{errors}[0]{example};
like($example, qr/^\d{17}[\dX]$/, 'with an example');
is_deeply(field_errors(attempt($example, $password)), {},
    'which is a number that can be');


# ---- wrong, and a stranger ----

my $wrong = attempt($number, 'not-the-password');
my $nobody = attempt(id_number(48), $password);

is_problem($wrong, 401, 'login_failed', 'a wrong password');
is_problem($nobody, 401, 'login_failed', 'an unknown person');
for my $answer ($wrong, $nobody) {
    delete $answer->{json}{request_id};
    delete @{ $answer->{headers} }{qw(date)};
}
is_deeply($nobody->{json}, $wrong->{json}, 'the same answer');
is_deeply($nobody->{headers}, $wrong->{headers}, 'with the same headers');

is_problem(attempt($number, $civic->person(1)->{password}), 401,
    'login_failed', 'somebody else\'s password');
for my $close (lc $password, "$password ", " $password", substr($password, 1),
    "$password\x{200b}")
{
    is(attempt(id_number($with_x), $close)->{status}, 401,
        'nearly the password');
    enters('and then the right one', $x);
}
is_problem($client->post('/login/password', json => {
    id_number => $number, password => '', captcha_id => 'x',
    captcha_answer => 'y' }), 422, 'invalid_fields', 'an empty password');
is_problem(attempt($number, 'x' x 129), 422, 'invalid_fields',
    'a password of 129 characters');


# ---- the log knows nobody ----

my $log = $civic->nginx->log_text;
for my $secret ($number, $password, $x, $permit, $json->{token}) {
    unlike($log, qr/\Q$secret\E/, 'the log has none of it');
}
my $store = $civic->redis;
my @keys = $store->keys('civic:*');
is((grep { /$number|$permit/ } @keys), 0, 'no key has a number');
my ($record) = grep { /:person$/ } @keys;
my $text = join ' ', @{ $store->command('HGETALL', $record) };
unlike($text, qr/\d{17}|\x{6d4b}|argon2/, 'nor a record, in clear');

finish();
