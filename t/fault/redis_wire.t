# What Redis answers is untrusted input: garbage, half an answer, a
# connection that closes after each, silence, one byte at a time.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $wire = wire(Civic::Redis->start(form => 'single'));
my $civic = civic(redis => $wire, people => 1,
    plugins => ['login', 'hello'], fixtures => ['fault']);
my $client = $civic->client;
my $person = $civic->person;
my $token = $client->login($person->{id_number}, $person->{password});
my $worker = ($civic->nginx->workers)[0];

my @garbage = (
    [ 'no protocol at all', "\0\xff\x80 nonsense\r\n" ],
    [ 'a web server', "HTTP/1.1 400 Bad Request\r\n\r\n" ],
    [ 'a length that is none', "\$-17\r\n" ],
    [ 'more than it may hold', "\$4000000000\r\n" . 'x' x 4096 ],
    [ 'an array of billions', "*2000000000\r\n" ],
    [ 'arrays in arrays', "*1\r\n" x 64 ],
    [ 'a number that is none', ":12a4\r\n" ],
    [ 'answers nobody asked for', "+OK\r\n" x 400 ],
    [ 'another protocol version', "%1\r\n+a\r\n+b\r\n" ],
);

healthy_soon($civic, 'at first');

# One of these is a value of the wrong type for most; whoever reads it may
# call that an internal error, and nobody may take it for success.
sub all_refused {
    my ($name, @answers) = @_;

    subtest($name => sub {
        for my $answer (@answers) {
            my $code = ref $answer->{json} eq 'HASH'
                ? $answer->{json}{code} // '' : '';

            ok($answer->{status} >= 500 && $code, "$answer->{request}: "
                . "$answer->{status} $code");
            cmp_ok($answer->{seconds}, '<', NAMED_WITHIN,
                "$answer->{request}: in time");
        }
    });
    return;
}

for my $case (@garbage) {
    my ($name, $bytes) = @$case;
    my @asked = every_route($civic, $token);

    $wire->damage("say $bytes");
    if ($name eq 'answers nobody asked for') {
        ask_all($civic, @asked);
    } else {
        all_refused("$name: every route", ask_all($civic, @asked));
    }
    $wire->damage('pass');
    healthy_soon($civic, "after $name");
}

for my $damage (qw(half half-close close silent)) {
    my @asked = every_route($civic, $token);

    $wire->damage($damage);
    # whole answers may stand before the one that is cut
    if ($damage eq 'silent') {
        all_named("$damage: every route", ask_all($civic, @asked));
    } else {
        all_told("$damage: every route", ask_all($civic, @asked));
    }
    $wire->damage('pass');
    healthy_soon($civic, "after $damage");
}

$wire->damage('bytes');
serves($civic, 'one byte at a time');
$wire->damage('pass');

is($client->get('/login/session', token => $token)->{status}, 200,
    'the session outlived it all');
is(($civic->nginx->workers)[0], $worker, 'and so did the worker');
whole_pairs($civic, 'after it all');
settled($civic, 'after it all');

finish();
