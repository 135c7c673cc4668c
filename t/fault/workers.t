# A worker that is killed, or runs over its stack: another one serves at
# once, the others do not notice, nothing is half-written, and a client of
# the dead one sees a closed connection, never a wrong answer.

use lib 't/lib';
use Civic::Test;
use Civic::Fault;

my $civic = civic(form => 'single', people => 1, workers => 2,
    plugins => ['login'], fixtures => ['fault', 'misuse']);
my $nginx = $civic->nginx;
my $client = $civic->client;
my $person = $civic->person;
my $token = $client->login($person->{id_number}, $person->{password});

serves($civic, 'at first');

sub replaced {
    my ($name, $gone) = @_;

    ok(eval {
        wait_for('another worker', 5, sub {
            my @now = $nginx->workers;
            return @now == 2 && !grep { $_ == $gone } @now;
        });
    }, "$name: another worker");
    return;
}

for my $signal (qw(KILL SEGV ABRT)) {
    my ($victim) = $nginx->workers;
    my @names = map { lc "in-flight-$signal-$_" } 1 .. 20;

    $nginx->allow(qr/worker process $victim exited on signal/);
    $nginx->allow(qr/Sanitizer|==\d+==/);
    my @sent = send_all($civic, map { [ 'POST', '/fault/pair',
        { name => $_, value => 'v', ms => 20 } ] } @names);
    kill $signal, $victim;
    my @answers = answers(10, @sent);
    my @wrong = grep { $_->{status} != 0 && $_->{status} != 201 } @answers;
    is(scalar @wrong, 0, "$signal: done, or no answer at all")
        or diag(map { "$_->{status} $_->{content}\n" } @wrong);
    replaced($signal, $victim);
    serves($civic, "after $signal");
    is($client->get('/login/session', token => $token)->{status}, 200,
        "after $signal: the session");

    # What was promised stands, and no write stands by half.
    my ($half, $lost) = (0, 0);
    for my $i (0 .. $#names) {
        my @parts = map { $civic->redis->command('GET',
            "civic:fault:{$names[$i]}:$_") } qw(a b);

        $half++ if defined $parts[0] != defined $parts[1];
        $lost++ if $answers[$i]{status} == 201 && !defined $parts[0];
    }
    is($half, 0, "$signal: nothing half-written");
    is($lost, 0, "$signal: nothing confirmed is lost");
}

# A plugin that runs over its stack ends its worker there and nobody else.
my %before = map { $_ => 1 } $nginx->workers;
$nginx->allow(qr/exited on signal/);
my ($answer) = ask_all($civic, [ 'GET', '/misuse/stack_overflow' ]);
is($answer->{status}, 0, 'over the stack: no answer');
ok(eval {
    wait_for('another worker', 15, sub {
        my @now = $nginx->workers;
        return @now == 2 && 1 == grep { $before{$_} } @now;
    });
}, 'over the stack: one worker is replaced, the other goes on');
serves($civic, 'after it');
is($client->get('/login/session', token => $token)->{status}, 200,
    'the session outlived it all');
settled($civic, 'after it all');

finish();
