# 一码通 and 亲属码 in Chromium, with everything real behind it: the own code,
# a girl of five by the pledge, her grandmother by her face, refusals at their
# fields, unbinding too early and in time, who holds a code and looked at it, a
# sheet to print and to keep, and a checkpoint that scans.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Media;

my $media = Civic::Media->start;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';
my $web = Civic::Browser->new(sandbox => 1, people => 2, family => $media,
    plugins => ['staff'], web => { codes => '/web/codes.html' });
my $nginx = $web->civic->nginx;

for my $name (qw(ann bea)) {
    $nginx->civicctl('staff', 'add', '--name', $name, '--roles', 'door',
        '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");
}

# Codes that change before somebody falls asleep; a number that a page names.
$web->change_rules('kinship', 'rules.live_every = 30' => 'rules.live_every = 6',
    qq(band = "plain_green",\n                 every = 30)
        => 'band = "plain_green", every = 6',
    'band = "striped_red", every = 30' => 'band = "striped_red", every = 6',
    'rules.most_relatives = 8' => 'rules.most_relatives = 7',
    'output = { relatives = 8' => 'output = { relatives = 7');

sub clock_is {
    my ($when) = @_;
    my ($is, $said) = $nginx->civicctl('clock', 'set', $when);

    is($is, 0, "it is $when") or diag($said);
    return;
}

# The ages of the sandbox' family are those of this day.
clock_is('2026-11-22T10:00:00+08:00');
$web->run('family.js', family => [ Civic::Sandbox::family() ]);
$web->run('checkpoint.js', secret => $secret);

clock_is('2026-11-23T11:00:00+08:00');
$web->run('family_later.js');
is_deeply([ $media->alarms ], [], 'the engine is well');
finish();
