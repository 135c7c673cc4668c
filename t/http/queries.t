# Queries: typed, bounded, every error at once.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

my $civic = civic(plugins => [ 'login', 'hello' ], fixtures => ['probe'],
    people => 1);
my $client = $civic->client;

sub query {
    my ($text, $value, $name) = @_;

    is_deeply($client->get("/probe/request/x?$text")->{json}{query}, $value,
        $name);
    return;
}

sub refused {
    my ($path, $errors, $name) = @_;
    my $answer = $client->get($path);

    is_problem($answer, 422, 'invalid_fields', $name);
    is_deeply(field_errors($answer), $errors, "$name: the fields");
    return;
}

query('', {}, 'an empty query');
query('age=3', { age => 3 }, 'a number');
query('age=0', { age => 0 }, 'the least');
query('age=150', { age => 150 }, 'the most');
query('age=%33', { age => 3 }, 'a digit, percent-encoded');
query('&age=3&', { age => 3 }, 'ampersands at the edges');

refused('/probe/request/x?age=151', { '?age' => 'too_large' }, 'too large');
refused('/probe/request/x?age=-1', { '?age' => 'too_small' }, 'too small');
for my $value ('', 'x', '3.5', '1e2', '%203', '3x', '0x10', '+3',
    '99999999999999999999')
{
    my $answer = $client->get("/probe/request/x?age=$value");

    is($answer->{json}{code}, 'invalid_fields', "age=$value is no number");
    is(join(' ', keys %{ field_errors($answer) }), '?age', 'and the place');
}
refused('/probe/request/x?age=3&age=4', { '?age' => 'duplicate_argument' },
    'an argument twice');
refused('/probe/request/x?years=3&age=x',
    { '?years' => 'unknown_field', '?age' => 'wrong_type' },
    'unknown and wrong at once');
refused('/probe/call', { '?call' => 'required' }, 'a required one');
refused('/hello/visits?x=1', { '?x' => 'unknown_field' },
    'where no query is taken');

is($client->get('/hello/greeting?name=%E6%B5%8B+%2B')->{json}{name},
    "\x{6d4b} +", 'plus is a space, %2B a plus');
is($client->get('/hello/greeting?name=' . '%E6%B5%8B' x 40)->{status}, 200,
    'forty characters');
refused('/hello/greeting?name=' . '%E6%B5%8B' x 41,
    { '?name' => 'too_long' }, 'forty-one');
refused('/hello/greeting?name=', { '?name' => 'too_short' }, 'none');
for my $text ('%FF', '%C0%AF', '%00', '%E6%B5', '%zz', '%4') {
    my $answer = $client->get("/hello/greeting?name=$text");

    is($answer->{status}, 422, "name=$text is no text");
    is(join(' ', keys %{ field_errors($answer) }), '?name', 'and the place');
}

my $token = $client->login(@{ $civic->person }{qw(id_number password)});
my $answer = $client->delete('/login/session?scope=everything',
    token => $token, headers => { 'Accept-Language' => 'en' });
is_deeply(field_errors($answer), { '?scope' => 'not_a_choice' },
    'not a choice');
like($answer->{json}{errors}[0]{detail}, qr/this, others, all/,
    'the choices are told');
is($client->get('/login/session', token => $token)->{status}, 200,
    'and nothing was done');

finish();
